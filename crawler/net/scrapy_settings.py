"""A crawl's Scrapy settings, from its plan: process settings, so that no spider can loosen them."""

import os
from typing import Any

from crawler.net.hosts import HostBudgets
from crawler.plan import CrawlPlan

_OFF = (
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
)


def scrapy_settings(plan: CrawlPlan, proxy_port: int, hosts: HostBudgets) -> dict[str, Any]:
    """Return the settings; `proxy_port` is the egress proxy that the browser goes through, `hosts` space all requests."""
    return {
        "BOT_NAME": "markwatch",
        "USER_AGENT": plan.user_agent,
        "ROBOTSTXT_OBEY": plan.obey_robots,
        "DOWNLOAD_DELAY": 0,
        "MARKWATCH_DELAY": plan.crawl_delay_s,
        "MARKWATCH_HOSTS": hosts,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if plan.crawl_delay_s else 8,
        "DOWNLOAD_TIMEOUT": plan.page_deadline_s,
        "DOWNLOAD_MAXSIZE": plan.max_page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOADER_CLIENTCONTEXTFACTORY": "crawler.net.trust.TrustFactory",
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.net.egress.EgressMiddleware": 50,
            "crawler.net.robots.RobotsMiddleware": 100,
            "crawler.net.hosts.BudgetMiddleware": 560,
            **dict.fromkeys(_OFF),
        },
        "RETRY_TIMES": 2,
        "RETRY_HTTP_CODES": [500, 502, 504, 408, 522, 524],
        "REDIRECT_MAX_TIMES": 8,
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "TWISTED_DNS_RESOLVER": "crawler.net.resolver.CheckedResolver",
        "DNSCACHE_ENABLED": False,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": plan.accept_language,
        },
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "LOG_LEVEL": "WARNING",
        "LOG_ENABLED": True,
        "MARKWATCH_ALLOW": list(plan.allow_hosts),
        "MARKWATCH_CA_FILE": plan.ca_file,
        **_browser(plan, proxy_port),
    }


def _browser(plan: CrawlPlan, proxy_port: int) -> dict[str, Any]:
    handler = "crawler.net.launch.LazyBrowserHandler"
    arguments = [
        "--proxy-bypass-list=<-loopback>",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": plan.chromium,
            "headless": True,
            "args": arguments,
            "timeout": 60_000,
            "proxy": {"server": f"http://127.0.0.1:{proxy_port}"},
        },
        "PLAYWRIGHT_CONTEXTS": {},
        "PLAYWRIGHT_RESTART_DISCONNECTED_BROWSER": True,
        "MARKWATCH_BROWSER_PAGES": plan.browser_pages,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 2,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": plan.page_deadline_s * 1000,
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.net.browser.unwanted",
    }
