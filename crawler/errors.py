"""What the crawler raises on purpose."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, MarkwatchError


class CrawlError(MarkwatchError):
    """Root of the crawler's errors."""


class BadPlan(CrawlError):
    """A watch that cannot be crawled: no target, no `{term}`, a URL that is none."""


class BadProfile(CrawlError):
    """A site profile that cannot be read, or two profiles of one name."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class ChildFailed(CrawlError):
    """The crawl's child process broke its protocol or could not be started."""
