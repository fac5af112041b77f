"""Reading and writing the files that users exchange with markwatch: rights, listings, hits. Pure; no database.

Example:
    parsed = read_rights(Path("rights.csv"))
    for error in parsed.errors:
        print(error.line, error.column, error.reason)
"""

from records.hits_file import finding_document, hit_document, write_hits
from records.image_paths import image_problem, is_url
from records.listings_file import read_listing_lines, read_listings
from records.rights_file import RightsFile, read_rights
from records.rows import RowError, RowWarning

__all__ = [
    "RightsFile",
    "RowError",
    "RowWarning",
    "finding_document",
    "hit_document",
    "image_problem",
    "is_url",
    "read_listing_lines",
    "read_listings",
    "read_rights",
    "write_hits",
]
