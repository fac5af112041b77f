"""Seals: Ed25519 signatures over short texts, in the C2SP signed-note form (c2sp.org/signed-note).

Rules:
- a note is UTF-8 text that ends with a newline, an empty line, and one or more lines `— <key name> <base64>`
- a signature's first four bytes are the key id: SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), cut short
- a signature by a trusted key that does not fit is an error, even where another one fits; unknown keys are passed over
- a key file holds one line in the signer form of Go's `note` package and is readable by its owner alone

What a seal does not say: *when* it was made, and who held the key. Time comes from anchors.

>>> key = SealKey.generate("markwatch/test")
>>> open_note(sign_note("markwatch/seal/EV-1", ["sha256 00 a.json"], key), [key.verifier]).origin
'markwatch/seal/EV-1'
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from guards.atomic import means_full
from guards.errors import DiskFull, both
from notary.errors import KeyProblem, NoteMalformed, SignatureInvalid, UntrustedNote

DEFAULT_NAME = "markwatch/seal"
"""The name under which `markwatch init` makes its key; the key id tells two such keys apart."""
MAX_NOTE_BYTES = 1_000_000
"""A longer note is refused unread, as in Go's `note` package."""
MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_SIG_PREFIX = "— "
_SIGNER_PREFIX = "PRIVATE+KEY+"
_MAX_KEY_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key under a name; `key_id` is its first four digest bytes in hex."""

    name: str
    public: bytes

    @property
    def key_id(self) -> str:
        """The eight hex digits that C2SP calls the key id; short, so it is never proof of identity."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).hexdigest()[:8]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id}+{_b64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read `<name>+<key id>+<base64>`; raises `KeyProblem` unless name, id and key fit one another."""
        name, key_id, raw = _split_key(text, "verifier key")
        if len(raw) != 33 or raw[:1] != _ED25519:
            raise KeyProblem("expected an Ed25519 verifier key (0x01 and 32 bytes), found another kind or length")
        key = cls(name, raw[1:])
        if key.key_id != key_id:
            raise KeyProblem(
                f"the verifier key's id should be {key.key_id}, found {key_id}", "copy the whole key again"
            )
        return key

    def verify(self, signature: bytes, text: str) -> bool:
        """Say whether `signature` (64 bytes) by this key fits `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private Ed25519 key under a name. `repr` never shows the secret."""

    name: str
    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str = DEFAULT_NAME) -> "SealKey":
        """Make a fresh key from the system's randomness; raises `KeyProblem` for a name that notes cannot carry."""
        return cls(_checked_name(name), secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path) -> "SealKey":
        """Read a key file; raises `KeyProblem` where it is missing, malformed or open to other users."""
        try:
            with path.open("rb") as stream:
                mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
                data = stream.read(_MAX_KEY_CHARS + 1)
        except OSError as error:
            raise KeyProblem(f"cannot read the key {path}: {error.strerror}", "run `markwatch init`") from error
        if mode & 0o077:
            raise KeyProblem(
                f"{path} is open to other users (mode {mode:04o}, expected 0600)", f"run `chmod 600 {path}`"
            )
        return cls.parse(data.decode("utf-8", "replace").strip("\n"))

    @classmethod
    def parse(cls, text: str) -> "SealKey":
        """Read `PRIVATE+KEY+<name>+<key id>+<base64>`; raises `KeyProblem`, whose message never holds the secret."""
        if not text.startswith(_SIGNER_PREFIX):
            raise KeyProblem("expected a private key that starts with PRIVATE+KEY+, found something else")
        name, key_id, raw = _split_key(text.removeprefix(_SIGNER_PREFIX), "private key")
        if len(raw) != 33 or raw[:1] != _ED25519:
            raise KeyProblem("expected an Ed25519 private key (0x01 and 32 bytes), found another kind or length")
        key = cls(name, raw[1:])
        if key.verifier.key_id != key_id:
            raise KeyProblem("the private key does not fit its own key id", "restore the key from your backup")
        return key

    def save(self, path: Path) -> None:
        """Write the key file with mode 0600, whole or not at all; raises `KeyProblem` where one is there already, `DiskFull`."""
        line = f"{_SIGNER_PREFIX}{self.name}+{self.verifier.key_id}+{_b64(_ED25519 + self.secret)}\n"
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                _write_private(scratch, line.encode())
                os.link(scratch, path)  # fails where the name is taken: a key is never written over
            finally:
                scratch.unlink(missing_ok=True)
        except FileExistsError as error:
            raise KeyProblem(
                f"there is a key at {path} already", "keep it: old packages are checked with it"
            ) from error
        except OSError as error:
            if means_full(error):
                raise DiskFull(
                    both(f"没有空间写入密钥 {path}", f"no room left to write the key {path}"),
                    both("腾出空间后重新运行", "free some space, then run the command again"),
                ) from error
            raise KeyProblem(
                f"cannot write the key {path}: {error.strerror}", "check the folder and the disk"
            ) from error

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return the 64-byte signature over `text`."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(text.encode())


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note whose `signers` (trusted, each checked) signed `text`; `unknown` names other signature lines, unchecked."""

    text: str
    signers: tuple[VerifierKey, ...]
    unknown: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The first line: what the note is about."""
        return self.text.split("\n", 1)[0]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines after the origin."""
        return tuple(self.text.removesuffix("\n").split("\n")[1:])


def sign_note(origin: str, lines: Iterable[str], key: SealKey) -> str:
    """Return the signed note whose text is `origin` and `lines`; raises `NoteMalformed` for text that no note can hold.

    Ed25519 is deterministic: equal text and key give equal bytes.
    """
    parts = [origin, *lines]
    if not origin or any("\n" in part for part in parts):
        raise NoteMalformed("expected an origin and lines without line breaks")
    text = "\n".join(parts) + "\n"
    _check_text(text)
    raw = bytes.fromhex(key.verifier.key_id) + key.sign(text)
    return f"{text}\n{_SIG_PREFIX}{key.name} {_b64(raw)}\n"


def open_note(note: str, trusted: Sequence[VerifierKey | str]) -> VerifiedNote:
    """Check a note against the trusted keys.

    1. parse strictly; 2. check every signature by a trusted name and key id; 3. require at least one.
    What the text says is left to the caller. Raises `NoteMalformed`, `SignatureInvalid`, `UntrustedNote`, or
    `KeyProblem` where two trusted keys share name and key id (which one signed could not be told).
    """
    text, signatures = split_note(note)
    known = _keyring(trusted)
    signers: list[VerifierKey] = []
    unknown: list[str] = []
    for name, raw in signatures:
        key = known.get((name, raw[:4].hex()))
        if key is None:
            unknown.append(f"{name}+{raw[:4].hex()}")
        elif not key.verify(raw[4:], text):
            raise SignatureInvalid(
                f"the signature by {name}+{key.key_id} does not fit the note", "the text or seal was changed"
            )
        elif key not in signers:
            signers.append(key)
    if not signers:
        raise UntrustedNote(
            f"no trusted key has signed; signatures by {', '.join(unknown)}",
            "obtain the signer's verifier key from its owner",
        )
    return VerifiedNote(text, tuple(signers), tuple(unknown))


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text and its (key name, key id ‖ signature) pairs, nothing verified; raises `NoteMalformed`."""
    if len(note) > MAX_NOTE_BYTES:
        raise NoteMalformed(f"expected a note of at most {MAX_NOTE_BYTES} characters, found {len(note)}")
    _check_text(note)
    head, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise NoteMalformed("expected text, an empty line and signature lines that end with a newline")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed(f"expected at most {MAX_SIGNATURES} signatures, found {len(lines)}")
    return head + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_SIG_PREFIX).partition(" ")
    if not line.startswith(_SIG_PREFIX) or not space or not _name_ok(name):
        raise NoteMalformed(f"expected a signature line `— <name> <base64>`, found {line[:80]!r}")
    raw = _unb64(encoded)
    if raw is None or len(raw) < 5:
        raise NoteMalformed(f"expected base64 of a key id and a signature, found {encoded[:80]!r}")
    return name, raw


def _keyring(trusted: Sequence[VerifierKey | str]) -> dict[tuple[str, str], VerifierKey]:
    ring: dict[tuple[str, str], VerifierKey] = {}
    for item in trusted:
        key = VerifierKey.parse(item) if isinstance(item, str) else item
        if ring.setdefault((key.name, key.key_id), key) != key:
            raise KeyProblem(
                f"two trusted keys share the name and id {key.name}+{key.key_id}", "trust only one of them"
            )
    return ring


def _check_text(text: str) -> None:
    """Refuse control characters and lone surrogates: they have no place in a note."""
    if any(ch < " " and ch != "\n" for ch in text):
        raise NoteMalformed("expected no control characters in a note but the newline")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteMalformed("expected text that UTF-8 can hold") from error


def _name_ok(name: str) -> bool:
    return bool(name) and "+" not in name and not any(ch.isspace() or ch < " " for ch in name)


def _checked_name(name: str) -> str:
    if not _name_ok(name) or len(name) > 200:
        raise KeyProblem(f"expected a key name without spaces or plus signs, found {name[:80]!r}")
    return name


def _split_key(text: str, what: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(text) > _MAX_KEY_CHARS or len(parts) != 3:
        raise KeyProblem(f"expected a {what} as <name>+<key id>+<base64>", "copy the whole line")
    raw = _unb64(parts[2])
    if raw is None:
        raise KeyProblem(f"the {what} is not clean base64", "copy the whole line")
    return _checked_name(parts[0]), parts[1], raw


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes | None:
    """Decode canonical base64; None for stray characters, missing padding or trailing bits."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _b64(raw) == text else None


def _write_private(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
