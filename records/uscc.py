"""统一社会信用代码: the unified social credit code of organisations in China, and its check character. Pure.

Source: GB 32100-2015 (the rule as published; the standard's text was not at hand): 18 characters of 31 without I, O, S,
V and Z; the last one checks the others with the weights 3^i mod 31 by modulus 31.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of a code, by value."""
LENGTH = 18
"""How long a code is."""
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def check_character(body: str) -> str:
    """Return the character that checks the first 17; raises ValueError for another length or character.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    if len(body) != LENGTH - 1:
        raise ValueError(f"expected {LENGTH - 1} characters, found {len(body)}")
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def is_uscc(code: str) -> bool:
    """Whether a text is a code with its right check character. It says nothing of whether the code was ever given."""
    if len(code) != LENGTH or any(char not in ALPHABET for char in code):
        return False
    return check_character(code[:-1]) == code[-1]
