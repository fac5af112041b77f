"""Checking a package offline: `verify_package` gives a `Verdict`. The numbered steps are in `evidence.verify.verifier`."""

from evidence.verify.verdict import ProofStanding, Reason, Verdict
from evidence.verify.verifier import verify_package

__all__ = ["ProofStanding", "Reason", "Verdict", "verify_package"]
