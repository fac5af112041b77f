"""What `markwatch init` answers with."""

from dataclasses import dataclass

from patrol.redaction import redact_text


@dataclass(frozen=True, slots=True)
class Made:
    """What `init` made or found: the database without its password, the seal's public key, whether it is fresh."""

    database: str
    verifier_key: str
    created: bool


def without_password(url: str) -> str:
    """Return a database's address without its password."""
    return redact_text(url)
