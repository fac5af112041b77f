"""What the crawler raises on purpose."""

from guards.errors import MarkwatchError


class CrawlError(MarkwatchError):
    """Root of the crawler's errors."""


class BadPlan(CrawlError):
    """A watch that cannot be crawled: no target, no `{term}`, a URL that is none."""


class BadProfile(CrawlError):
    """A site profile that cannot be read, or two profiles of one name."""


class ChildFailed(CrawlError):
    """The crawl's child process broke its protocol or could not be started."""
