"""Fetching listings' pictures through the same guards as pages, into the spool folder by digest."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.events import ImageFetched
from crawler.extract.pictures import from_data_url
from crawler.net.egress import Refused
from crawler.plan import CrawlPlan
from records.model import Listing

if TYPE_CHECKING:
    from crawler.net.spider import WatchSpider


def put_spooled(path: Path, data: bytes) -> None:
    """Put bytes into the spool, whole or not at all. Not synced to the disk: the spool goes with the run."""
    made = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    made.write_bytes(data)
    made.replace(path)


class ImageFetcher:
    """Fetches each picture's address once in a run."""

    def __init__(self, spider: "WatchSpider", plan: CrawlPlan) -> None:
        self.spider = spider
        self.plan = plan
        self._known: dict[str, asyncio.Task[str]] = {}

    async def fetch(self, listings: Sequence[Listing]) -> dict[str, str]:
        """Return the digest of each picture that was kept, by its address, within the plan's count and time."""
        addresses = [url for listing in listings for url in listing.images[: self.plan.images_per_listing]]
        left = max(0, self.plan.image_limit - len(self._known))
        wanted = [url for url in dict.fromkeys(addresses) if url in self._known]
        wanted += [url for url in dict.fromkeys(addresses) if url not in self._known][:left]
        tasks = {url: self._once(url) for url in wanted}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=self.plan.images_deadline_s or None)
        return {url: sha for url, task in tasks.items() if task.done() and (sha := task.result())}

    def _once(self, url: str) -> "asyncio.Task[str]":
        if url not in self._known:
            self._known[url] = asyncio.ensure_future(self._get(url))
        return self._known[url]

    async def _get(self, url: str) -> str:
        """Fetch, check and keep one picture; return its digest, or "" with the reason reported."""
        data, reason = await self._bytes(url)
        size = (0, 0)
        if not reason:
            size, reason = await self.spider.reader.picture(data)
        if reason:
            self.spider.tally.bad_images += 1
            self.spider.emit(ImageFetched(url[:500], reason=reason[:300]))
            return ""
        sha = hashlib.sha256(data).hexdigest()
        path = Path(self.plan.spool_dir) / sha
        if not path.exists():
            await asyncio.to_thread(put_spooled, path, data)
        self.spider.emit(ImageFetched(url[:500], sha, str(path), size=size))
        return sha

    async def _bytes(self, url: str) -> tuple[bytes, str]:
        if url.startswith("data:"):
            data = from_data_url(url, self.plan.max_image_bytes)
            return (data, "") if data else (b"", "the page's inline picture cannot be read")
        engine = self.spider.crawler.engine
        if engine is None:
            return b"", "the crawl has ended"
        request = Request(
            url,
            callback=NO_CALLBACK,
            headers={"Accept": "image/avif,image/webp,image/png,image/*,*/*;q=0.5"},
            meta={"download_maxsize": self.plan.max_image_bytes},
            dont_filter=True,
        )
        try:
            response = await engine.download_async(request)
        except Refused as error:
            return b"", error.why
        except IgnoreRequest as error:
            return b"", str(error)
        except Exception as error:  # noqa: BLE001 - the outermost loop of one picture: any failure of the network is its reason
            return b"", f"{type(error).__name__}: {error}"
        if response.status != 200:
            return b"", f"the site answers {response.status}"
        return (response.body, "") if response.body else (b"", "the picture is empty (0 bytes)")
