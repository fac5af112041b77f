"""The class of goods, by sentence embeddings: lowers or raises a score, never decides, never a reason by itself.

Embeddings do not see brand identity, so they are only asked which class of the Nice Agreement a text is nearest
to, and how near the right's own goods are.
"""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

from detectors.case import Fit
from detectors.errors import ModelMissing
from detectors.nice import CLASSES

_NEXT_STEP = (
    "build the default model with `python -m detectors.build_model --out DIR` and set MARKWATCH_MODEL to DIR, "
    "or set MARKWATCH_MODEL to nothing to detect without context"
)
_NEAR = 3
_SLACK = 0.12


class ContextModel:
    """A sentence-transformers model, loaded when first asked. Raises ModelMissing where it cannot be."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def digest(self) -> str:
        """The SHA-256 over the model's files (a folder), or over its name (a hub name, not verified)."""
        folder = Path(self._name)
        if not folder.is_dir():
            return hashlib.sha256(self._name.encode()).hexdigest()
        return _folder_digest(folder)

    @cached_property
    def _model(self) -> Any:
        return _load(self._name)

    @cached_property
    def _classes(self) -> Any:
        return self._vectors(tuple(words.zh for words in CLASSES.values()))

    def _vectors(self, texts: Sequence[str]) -> Any:
        """Return unit vectors, one row a text."""
        return self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )

    def fit(self, text: str, goods: Sequence[str], nice: Sequence[int]) -> Fit | None:
        """Return how well the goods that `text` offers fit a right's `goods` and Nice classes.

        None where the right names neither, or the text is empty. 1: the right's own class is among the nearest;
        0: far from it. The value is a hint of low precision (AUC about .8 on short titles).
        """
        if not text.strip() or not (goods or nice):
            return None
        vector = self._vectors((text,))[0]
        scores = self._classes @ vector
        order = sorted(range(len(scores)), key=lambda i: (-round(float(scores[i]), 4), i))
        numbers = list(CLASSES)
        nearest = numbers[order[0]]
        own = max((float(s) for s in self._vectors(tuple(goods[:12])) @ vector), default=-1.0) if goods else -1.0
        ranked = [numbers[i] for i in order[:_NEAR]]
        best = float(scores[order[0]])
        value = 1.0 if set(ranked) & set(nice) else min(1.0, max(0.0, 1.0 - (best - own) / _SLACK))
        return Fit(round(value, 2), CLASSES[nearest])


@lru_cache(maxsize=4)
def _folder_digest(folder: Path) -> str:
    hasher = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        data = hashlib.sha256(path.read_bytes()).hexdigest()
        hasher.update(f"{path.relative_to(folder).as_posix()} {data}\n".encode())
    return hasher.hexdigest()


@lru_cache(maxsize=2)
def _load(name: str) -> Any:
    """Load a model without contacting a hub. Raises ModelMissing."""
    if reason := missing(name):
        raise ModelMissing(f"expected an embedding model; {reason}", _NEXT_STEP)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import SentenceTransformer

        return cast("Any", SentenceTransformer(name, device="cpu"))
    except ImportError as error:
        raise ModelMissing(
            "expected sentence-transformers to be installed; it cannot be imported", _NEXT_STEP
        ) from error
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"expected an embedding model at {name!r}; none could be loaded from there", _NEXT_STEP
        ) from error


def missing(name: str) -> str:
    """Return why a model path cannot be used, or "" (for a check without loading it)."""
    if not name:
        return "no model is set; context is off"
    if Path(name).is_absolute() and not (Path(name) / "modules.json").is_file():
        return f"no model at {name}"
    return ""
