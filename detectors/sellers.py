"""May a seller use a right's name? By the list in the rights file, the owner's name, and dated authorisations."""

from dataclasses import dataclass

from detectors.case import Case
from detectors.normalise import key
from records.model import Authorization


@dataclass(frozen=True, slots=True)
class Permission:
    """What is on record for a listing's seller: authorisations of any date, those that hold, and whether he is listed."""

    dated: tuple[Authorization, ...]
    valid: tuple[Authorization, ...]
    listed: bool

    @property
    def holds(self) -> bool:
        """Whether the seller may use the name on the day: an authorisation's dates count more than the list."""
        return bool(self.valid) or (not self.dated and self.listed)


def permission(case: Case) -> Permission:
    """Return what is on record for the seller. Names must be equal but for case and width; a code counts before a name."""
    listing, seller = case.view.listing, key(case.view.listing.seller)
    dated = tuple(item for item in case.profile.authorizations if _is(item, listing.seller_uscc, seller))
    named = bool(seller) and seller in {*case.profile.sellers, key(case.profile.right.owner)}
    coded = bool(listing.seller_uscc) and key(listing.seller_uscc) in case.profile.sellers
    return Permission(dated, tuple(item for item in dated if _holds(item, case)), named or coded)


def _is(item: Authorization, uscc: str, seller: str) -> bool:
    """Whether an authorisation speaks of this seller."""
    if item.uscc and uscc:
        return key(item.uscc) == key(uscc)
    return bool(seller) and key(item.seller) == seller


def _holds(item: Authorization, case: Case) -> bool:
    day = case.day
    return (item.valid_from is None or item.valid_from <= day) and (item.valid_to is None or day <= item.valid_to)
