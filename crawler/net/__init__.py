"""The crawl's way out: egress checks, politeness, the browser. Only this package and `crawler.child` know Scrapy."""
