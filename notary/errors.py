"""The notary's error family: everything that this package raises on purpose derives from `NotaryError`."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, EXIT_UNDECIDED, EXIT_WRONG, MarkwatchError


class NotaryError(MarkwatchError):
    """Root of the notary's errors."""


class DigestError(NotaryError):
    """A digest that cannot be made, or text that is no digest."""


class SealError(NotaryError):
    """Root of what is wrong with a signed note or a key."""

    exit_code: ClassVar[int] = EXIT_WRONG


class NoteMalformed(SealError):
    """Text that is no signed note in the C2SP form."""


class SignatureInvalid(SealError):
    """A signature by a known key that does not fit the note's text."""


class UntrustedNote(SealError):
    """A well-formed note that no trusted key has signed; nothing is known to be wrong."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


class KeyProblem(SealError):
    """A key file or verifier key that is missing, malformed or readable by others."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class MerkleError(NotaryError):
    """A tree, index or inclusion path that cannot be right."""

    exit_code: ClassVar[int] = EXIT_WRONG


class ProofMalformed(NotaryError):
    """Bytes that are no OpenTimestamps proof, or one past the parser's bounds."""

    exit_code: ClassVar[int] = EXIT_WRONG


class ProofMismatch(NotaryError):
    """Two proofs, or a proof and an answer, that start from different digests."""

    exit_code: ClassVar[int] = EXIT_WRONG


class HeadersMalformed(NotaryError):
    """A headers document or a block header that fails its own check (form, hash, proof of work)."""

    exit_code: ClassVar[int] = EXIT_WRONG


class HeadersUnreadable(HeadersMalformed):
    """A headers file that cannot be opened: a wrong path, not a wrong header."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class AnchorError(NotaryError):
    """Root of what an anchor can do wrong."""


class AnchorUnreachable(AnchorError):
    """No usable answer within the deadline; the proof stays queued and is tried again."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


class AnchorLied(AnchorError):
    """An answer that is nonsense, too large, or bound to another digest; never believed."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


class AnchorNotReady(AnchorError):
    """The anchor has the commitment and cannot attest yet."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


class AnchorMisconfigured(AnchorError):
    """A plug-in without name or operator, or a name used twice."""

    exit_code: ClassVar[int] = EXIT_MISUSED
