"""Names → addresses for Twisted, each address checked before it is connected to.

Rules: installed as a *process* setting (`TWISTED_DNS_RESOLVER`; a spider's own setting is ignored by Scrapy); checks
every address at the moment of connecting, so that a name that resolves differently a second time is refused as well.
"""

from collections.abc import Sequence
from typing import Any

from scrapy.crawler import Crawler
from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from zope.interface import implementer

from guards.egress import EgressPolicy
from guards.errors import GuardError

REFUSED: dict[str, str] = {}
"""Why a host was refused, by host: Twisted itself only reports that a name has no address."""


@implementer(IHostnameResolver)
class CheckedResolver:
    """A host name resolver that gives only addresses that the egress policy allows."""

    def __init__(self, reactor: Any, policy: EgressPolicy) -> None:
        self.reactor = reactor
        self.policy = policy

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "CheckedResolver":
        """Return the resolver for a crawl's policy (Scrapy calls this)."""
        return cls(reactor, EgressPolicy(frozenset(crawler.settings.getlist("MARKWATCH_ALLOW"))))

    def install_on_reactor(self) -> None:
        """Make the reactor resolve through this (Scrapy calls this)."""
        self.reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - the name that Twisted's interface gives
        self,
        resolutionReceiver: Any,  # noqa: N803 - likewise
        hostName: str,  # noqa: N803 - likewise
        portNumber: int = 0,  # noqa: N803 - likewise
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803, ARG002 - likewise
        transportSemantics: str = "TCP",  # noqa: N803, ARG002 - likewise
    ) -> Any:
        """Resolve in a thread and pass on what is allowed; nothing where anything is refused."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        def done(addresses: list[str]) -> None:
            for address in addresses:
                kind = IPv6Address if ":" in address else IPv4Address
                resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
            resolutionReceiver.resolutionComplete()

        def failed(failure: Failure) -> None:
            if isinstance(failure.value, GuardError):
                REFUSED[hostName] = str(failure.value)
            resolutionReceiver.resolutionComplete()

        deferToThread(self.policy.resolve, hostName, portNumber).addCallbacks(done, failed)
        return resolution
