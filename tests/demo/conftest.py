"""The demo's market, running; and a reader of its pages."""

from collections.abc import Callable, Iterator

import pytest

from demo.market import Market
from guards.egress import EgressPolicy
from guards.http import Response, fetch


@pytest.fixture(scope="session")
def market() -> Iterator[Market]:
    """The running market."""
    with Market().start() as running:
        yield running


@pytest.fixture(scope="session")
def read(market: Market) -> Callable[[str], Response]:
    """Reads one URL of the market."""
    policy = EgressPolicy(market.hosts)
    return lambda url: fetch(url, policy=policy, deadline_s=20, max_bytes=2_000_000)
