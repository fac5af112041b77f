"""A house on a fresh home: real records, real vault, no network."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from patrol.app import App, build
from records.ids import listing_id, new_ulid, source_id
from records.model import Hit, Listing, Money, PriceRange, Right, Run
from records.terms import Outcome, RightKind, Rung, RunOutcome

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
ORIGIN = "http://shop.example"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Settings of a fresh home: no model, no calendars."""
    return {
        "MARKWATCH_HOME": str(tmp_path / "home"),
        "MARKWATCH_MODEL": "off",
        "MARKWATCH_CALENDARS": "none",
        "MARKWATCH_LANG": "en",
    }


@pytest.fixture
def make_house(env: dict[str, str]) -> Iterator[Callable[..., App]]:
    """Build Apps on the fresh home; keyword arguments override the environment. Closed at the end."""
    made: list[App] = []

    def make(extra: Mapping[str, str] | None = None) -> App:
        app = build({**env, **(extra or {})})
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()


@pytest.fixture
def house(make_house: Callable[..., App]) -> App:
    """One App on the fresh home."""
    return make_house()


@pytest.fixture
def mark() -> Right:
    """An invented mark that is valid for long."""
    return Right(
        "tm1", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",), nice_classes=(30,), owner="砚溪茶厂", registration_no="90000001",
        valid_from=datetime(2020, 1, 1, tzinfo=UTC).date(), valid_to=datetime(2040, 1, 1, tzinfo=UTC).date(),
        authorized_sellers=("砚溪雁旗舰店",),
    )  # fmt: skip


class Shop:
    """Writes listings into the records as the crawler would, run by run."""

    def __init__(self, app: App) -> None:
        self.app = app

    def listing(self, key: str = "1", title: str = "砚溪雁 茶叶 250克", **fields: object) -> Listing:
        """Return a listing of the shop."""
        known = listing_id(source_id(ORIGIN), key)
        base = Listing(
            known, title, source_id=source_id(ORIGIN), key=key, url=f"{ORIGIN}/p/{key}", seller="某小店",
            price=PriceRange(Money(Decimal("36.50"), "CNY")), rung=Rung.CARDS,
        )  # fmt: skip
        return replace(base, **fields)  # type: ignore[arg-type]

    def see(self, *listings: Listing, shas: Mapping[str, tuple[str, ...]] | None = None, watch_id: str = "w1") -> Run:
        """Store one complete run that saw these listings."""
        store = self.app.records.listings
        run = store.open_run(Run(new_ulid(), watch_id, RunOutcome.RUNNING, self.app.now()), [("page", "{}")])
        store.write_page(
            run.id, "page", origin=ORIGIN, listings=[(one, (shas or {}).get(one.id, ())) for one in listings], follow=[],
            page_url=f"{ORIGIN}/list", page_sha256="0" * 64, status=200, rung=Rung.CARDS, rendered=False, reason="", at=self.app.now(),
        )  # fmt: skip
        return store.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=self.app.now())

    def hit(
        self, listing: Listing, right_id: str = "tm1", score: float = 0.9, outcome: Outcome = Outcome.SUSPECTED
    ) -> Hit:
        """Store a hit of this listing's newest snapshot, and return it as it was stored."""
        from records.ids import hit_id

        snapshot = self.app.records.listings.latest_snapshot(listing.id)
        assert snapshot is not None
        found = Hit(hit_id(listing.id, right_id), listing.id, right_id, score, True, outcome, (), snapshot.id)
        self.app.records.hits.save_detected(snapshot.id, "test", [found])
        stored = self.app.records.hits.get(found.id)
        assert stored is not None
        return stored


@pytest.fixture
def shop(house: App, mark: Right) -> Shop:
    """A shop whose portfolio holds the invented mark."""
    from records.model import Watch
    from records.terms import TargetKind

    house.records.rights.save([mark])
    house.records.watches.save(Watch("w1", "shop", TargetKind.CATEGORY, (f"{ORIGIN}/list",), created_at=NOW))
    return Shop(house)


def _load(name: str) -> ModuleType:
    """Load a helper that lies beside this file."""
    spec = importlib.util.spec_from_file_location(f"patrol_tests_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tiny_shop() -> "Iterator[Any]":
    """The tiny shop on loopback."""
    with _load("_shop").serve() as shop:
        yield shop


@pytest.fixture
def calendar() -> "Iterator[Any]":
    """A loopback calendar that counts for nothing."""
    from demo.calendar import DemoCalendar

    with DemoCalendar() as made:
        yield made


RIGHTS = """\
id,kind,name,aliases,nice_classes,goods,region,owner,registration_no,valid_from,valid_to,authorized_sellers,images
tm1,trademark,砚溪雁,,30,茶叶,,砚溪茶厂,90000001,2020-01-01,2040-01-01,砚溪雁旗舰店,
"""


@pytest.fixture
def chain_env(env: dict[str, str], tiny_shop: Any, calendar: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of a chain: the shop and the calendar are the only hosts that may be reached."""
    (tmp_path / "rights.csv").write_text(RIGHTS, "utf-8")
    return {
        **env,
        "MARKWATCH_CALENDARS": calendar.url,
        "MARKWATCH_CALENDARS_QUORUM": "1",
        "MARKWATCH_ALLOW_HOSTS": f"{tiny_shop.url.removeprefix('http://')},{calendar.host}",
        "MARKWATCH_CRAWL_DELAY_S": "0",
        "MARKWATCH_DISK_FLOOR_BYTES": "0",
    }
