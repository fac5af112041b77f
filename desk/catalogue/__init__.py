"""The catalogue's tables: key → (Chinese, English)."""

from desk.catalogue.help_words import HELP
from desk.catalogue.pages import PAGES
from desk.catalogue.sentences import SENTENCES

__all__ = ["HELP", "PAGES", "SENTENCES"]
