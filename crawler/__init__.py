"""Watches → listings: the only package that knows Scrapy. `crawler.extract` is pure, `crawler.net` goes out."""
