"""The review desk's web pages and API."""
