"""Whose law a right is asked under: from the lands that it is protected in."""

from collections.abc import Iterable

CN = "CN"
EU = "EU"
EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]  # as of 2020-02-01
)


def laws(territory: Iterable[str]) -> frozenset[str]:
    """Return the territories whose grounds may be named for a right protected in `territory` (ISO 3166 codes).

    A right that China protects is asked under Chinese law alone, whatever other lands protect it too: the marketplaces
    are Chinese, and no European rule may carry a Chinese case. Members of the European Union add the Union's own law.
    An empty `territory` is China. Which law a court would choose is *not* said.

    >>> sorted(laws(("CN", "FR"))), sorted(laws(("FR",)))
    (['CN'], ['EU', 'FR'])
    """
    lands = frozenset(territory) or frozenset({CN})
    if CN in lands:
        return frozenset({CN})
    return lands | {EU} if lands & (EU_MEMBERS | {EU}) else lands
