"""Masking personal data for screens: mobile numbers, identity-card numbers, mail addresses.

The masked text has the length of the original, so that offsets of findings still fit. Masking is for looking only: what
is stored, detected and captured is never changed. It is a net by form, not a promise: a name in prose is not found.
"""

import re
from collections.abc import Mapping

STAR = "*"
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)([ -]?\d{4}[ -]?)(\d{4})(?!\d)")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])([1-8]\d{5})((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2})(\d[0-9Xx])(?![0-9A-Za-z])"
)
_MAIL = re.compile(r"(?<![\w.+-])(\w)([\w.+-]{0,63})(@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})", re.ASCII)


def mask(text: str) -> str:
    """Return the text with the middle of each number or address starred; as long as before."""
    for form in (_IDENTITY, _MOBILE, _MAIL):
        text = form.sub(lambda found: found[1] + STAR * len(found[2]) + found[3], text)
    return text


def mask_all(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping with every value masked."""
    return {name: mask(value) for name, value in texts.items()}
