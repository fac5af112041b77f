"""TLS: certificates are verified, against the system's roots and those that the user names besides."""

from typing import Any

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.crawler import Crawler
from twisted.internet._sslverify import IOpenSSLTrustRoot
from twisted.internet.ssl import optionsForClientTLS
from zope.interface import implementer


@implementer(IOpenSSLTrustRoot)
class Roots:
    """The system's roots and the PEM file `extra` ("" for none)."""

    def __init__(self, extra: str) -> None:
        self.extra = extra

    def _addCACertsToContext(self, context: SSL.Context) -> None:  # noqa: N802 - the name that Twisted's interface gives
        context.set_default_verify_paths()
        if self.extra:
            context.load_verify_locations(self.extra)


class TrustFactory(_ScrapyClientContextFactory):
    """Scrapy's context factory with our roots."""

    roots: Any = Roots("")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "TrustFactory":
        """Return the factory for a crawl (Scrapy calls this)."""
        factory = super().from_crawler(crawler, *args, **kwargs)
        factory.roots = Roots(str(crawler.settings.get("MARKWATCH_CA_FILE") or ""))
        return factory

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802, ARG002 - the name that Twisted's interface gives
        """Return the options of a connection, verified for its host name."""
        return optionsForClientTLS(
            hostname=hostname.decode("ascii"),
            trustRoot=self.roots,
            extraCertificateOptions=self._get_cert_options_kwargs(),
        )
