"""What the capturing child is told: one JSON file that holds everything, so that the child reads no settings."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from guards.caps import load_json_capped

MAX_REQUEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """One page to capture into `folder`; `scratch` takes the browser's profile and is removed afterwards.

    Times are seconds, sizes bytes.
    """

    id: str
    url: str
    folder: str
    scratch: str
    allow_hosts: tuple[str, ...]
    chromium: str
    deadline_s: float
    quiet_s: float
    render_s: float
    max_bytes: int
    max_body_bytes: int
    viewport: tuple[int, int]
    lang: str
    ca_file: str = ""

    def save(self, path: Path) -> None:
        """Write the request for the child."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "CaptureRequest":
        """Read a request that `save` wrote; raises `guards.errors.GuardError` for anything else."""
        data = load_json_capped(path.read_bytes(), max_bytes=MAX_REQUEST_BYTES, max_depth=3)
        if not isinstance(data, dict):
            message = "expected a capture request as a JSON object"
            raise TypeError(message)
        data["allow_hosts"] = tuple(data["allow_hosts"])
        data["viewport"] = tuple(data["viewport"])
        return cls(**data)
