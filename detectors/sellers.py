"""May a seller use a right's name? By the list in the rights file, the owner's name, and dated authorisations.

A seller's name counts as equal where it differs in case, width and forms of characters only; where nothing but the name of a
platform follows in brackets or after a dash (…旗舰店(京东)); where a whole company's name is followed by 旗舰店; and where a whole company's name is followed by its branch
(…有限公司第二分公司: a branch is no person of its own and bears the company's name in full). No other word may stand
there: “…旗舰店(特惠)”, “…有限公司分销部” are other sellers.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from records.model import Authorization

_READ = 100
_BRACKETS = re.compile(
    r"[(\uff08\[\u3010\u3014]([^()\uff08\uff09\[\]\u3010\u3011\u3014\u3015]{1,8})[)\uff09\]\u3011\u3015]\s*$"
)
_DASHED = re.compile(r"[-\u2014\u2013|\uff5c\u00b7_]\s*([^-\u2014\u2013|\uff5c\u00b7_]{1,8})$")
_BRANCH = re.compile(r"((?:有限责任|股份有限|有限)公司)[\u4e00-\u9fff0-9]{1,8}分公司$")
_FLAGSHIP = re.compile(r"((?:有限责任|股份有限|有限)公司)(?:旗舰店|官方旗舰店|直营店)$")
"""A firm's whole name with what platforms let only the holder of a mark call his shop."""
_NO_BRANCH = re.compile("代理|分销|经销|加盟|特约|授权|直营|特价|折扣|合作")


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
    """Return what is on record for the seller. A code counts before a name."""
    listing, names = case.view.listing, forms(case.view.listing.seller)
    dated = tuple(item for item in case.profile.authorizations if _is(item, listing.seller_uscc, names))
    named = not names.isdisjoint({*case.profile.sellers, key(case.profile.right.owner)})
    coded = bool(listing.seller_uscc) and key(listing.seller_uscc) in case.profile.sellers
    return Permission(dated, tuple(item for item in dated if _holds(item, case)), named or coded)


@lru_cache(maxsize=4096)
def own_name(seller: str) -> str:
    """Return a seller's folded name without a platform's name or a branch at its end.

    >>> own_name("砚溪茶业旗舰店(京东)"), own_name("砚溪茶业有限公司第二分公司"), own_name("砚溪茶业旗舰店(特惠)")
    ('砚溪茶业旗舰店', '砚溪茶业有限公司', '砚溪茶业旗舰店特惠')
    """
    shown = seller[:_READ].strip()
    for ending in (_BRACKETS, _DASHED):
        found = ending.search(shown)
        if found and key(found.group(1)) in lexicon("shop", "platforms"):
            shown = shown[: found.start()]
            break
    folded = key(shown)
    if flagship := _FLAGSHIP.search(folded):
        return folded[: flagship.end(1)]
    branch = _BRANCH.search(folded)
    if branch and not _NO_BRANCH.search(folded[branch.end(1) :]):
        return folded[: branch.end(1)]
    return folded


def forms(seller: str) -> frozenset[str]:
    """Return a seller's folded name as it stands and as `own_name` gives it; nothing for an empty one."""
    return frozenset(filter(None, (key(seller), own_name(seller))))


def _is(item: Authorization, uscc: str, names: frozenset[str]) -> bool:
    """Whether an authorisation speaks of this seller."""
    if item.uscc and uscc:
        return key(item.uscc) == key(uscc)
    return key(item.seller) in names


def _holds(item: Authorization, case: Case) -> bool:
    day = case.day
    return (item.valid_from is None or item.valid_from <= day) and (item.valid_to is None or day <= item.valid_to)
