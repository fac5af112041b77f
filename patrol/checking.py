"""`markwatch verify`: a package checked offline with the keys and headers that the user trusts.

Without `--key` the home's own seal key is trusted, where there is one: that answers "did this house seal it", not
"is it true". A home whose database holds exhibits adds what it has sealed: a forged bag of one of those is found even
where seal and proofs were taken off. Needs neither: a home or database that cannot be read is no hindrance.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guards.caps import read_capped
from guards.errors import MarkwatchError, both
from patrol.errors import Misused, check_path
from patrol.keeping import read_headers

if TYPE_CHECKING:
    from notary.headers import HeaderBook
    from notary.seal import VerifierKey
    from patrol.app import App

MAX_KEY_BYTES = 10_000
"""Largest file that is read as a key."""


def verify_package_file(
    open_app: "Callable[[], App]", file: Path, keys: Sequence[str], headers: Path | None, lang: str
) -> dict[str, Any]:
    """Check one package and return the document that `verify --json` promises; its `exit` is the exit code.

    Raises Misused where the file does not exist, the notary's errors for a malformed key or headers file.
    """
    from evidence.verify import verify_package

    if not file.is_file():
        raise Misused(both(f"没有文件 {file}", f"there is no file {file}"), check_path())
    book = read_headers(headers) if headers else _own_headers(open_app)
    trusted, own = trusted_keys(open_app, keys), partial(known, open_app)
    verdict = verify_package(file, trusted_keys=trusted, headers=book, known=own)
    return verdict.document(lang)


def trusted_keys(open_app: "Callable[[], App]", given: Sequence[str]) -> list["VerifierKey"]:
    """Return the keys to trust: each given one (a key, or a file that holds one), else the home's own.

    Raises Misused for what is neither a key nor a readable file with one.
    """
    from notary.seal import SealKey, VerifierKey

    if given:
        return [VerifierKey.parse(_key_text(one)) for one in given]
    try:
        path = open_app().seal_path
        return [SealKey.load(path).verifier] if path.is_file() else []
    except MarkwatchError:
        return []  # nothing is trusted then, and the verdict says so


def known(open_app: "Callable[[], App]", exhibit_id: str) -> dict[str, str]:
    """Return what this home has sealed under an exhibit's id: path in the bag to SHA-256; nothing for a stranger's.

    Nothing too where no database is there, or none that can be read as it is: a check never makes, upgrades or mends one.
    """
    from evidence.package.seal import sealed

    try:
        records = open_app().existing_records()
        bag = records.exhibits.bag(exhibit_id) if records else None
        return sealed(bag) if bag else {}
    except (MarkwatchError, KeyError):
        return {}


def _key_text(given: str) -> str:
    path = Path(given)
    if "+" in given and not path.is_file():
        return given.strip()
    try:
        with path.open("rb") as stream:
            return read_capped(stream, MAX_KEY_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(
            both(
                f"{given} 既不是公钥,也不是含公钥的文件:{error}",
                f"{given} is neither a key nor a file with one: {error}",
            ),
            both("公钥形如 name+id+base64", "a key looks like name+id+base64"),
        ) from error


def _own_headers(open_app: "Callable[[], App]") -> "HeaderBook":
    from notary.headers import HeaderBook

    try:
        own = open_app().settings.headers_file
    except MarkwatchError:
        return HeaderBook()
    return read_headers(own) if own else HeaderBook()
