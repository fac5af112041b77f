"""Fixtures for the detectors' tests: rights of invented names, an engine with a frozen day, made pictures."""

import io
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detectors.engine import Engine
from detectors.types import Options
from records.model import Hit, Listing, Right
from records.terms import RightKind

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # bench/ is no installed package

DAY = date(2026, 6, 1)


@pytest.fixture
def mark() -> Callable[..., Right]:
    """Make an invented trademark."""

    def make(name: str = "砚溪雁", **fields: Any) -> Right:
        return Right(**{"id": "tm", "kind": RightKind.TRADEMARK, "name": name, "goods": ("茶叶",), **fields})

    return make


@pytest.fixture
def gi() -> Callable[..., Right]:
    """Make an invented geographical indication."""

    def make(name: str = "岚沟苦荞", **fields: Any) -> Right:
        given = {"id": "gi", "kind": RightKind.GI, "name": name, "goods": ("苦荞米",), "region": "砂陵省岚沟县"}
        return Right(**{**given, **fields})

    return make


@pytest.fixture
def detect() -> Callable[..., list[Hit]]:
    """Detect one listing, given by its title and fields, against rights."""

    def run(
        rights: Right | list[Right], title: str, *, options: dict[str, Any] | None = None, **fields: Any
    ) -> list[Hit]:
        several = rights if isinstance(rights, list) else [rights]
        engine = Engine(several, options=Options(today=DAY, **(options or {})))
        return engine.detect(Listing(id="l1", title=title, **fields))

    return run


@pytest.fixture
def photo() -> Callable[..., Image.Image]:
    """Make a photo-like picture that depends on the seed only: soft ground, shapes, texture."""

    def make(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
        rng = np.random.default_rng(seed)
        ground = Image.fromarray(rng.integers(40, 220, (7, 9, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        pixels = np.asarray(ground).astype(np.int16)
        for _ in range(60):
            x, y = int(rng.integers(0, size[0] - 40)), int(rng.integers(0, size[1] - 40))
            w, h = int(rng.integers(8, 40)), int(rng.integers(8, 40))
            pixels[y : y + h, x : x + w] = rng.integers(0, 255, 3)
        pixels += rng.integers(-12, 12, pixels.shape, dtype=np.int16)
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))

    return make


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """Write a picture into bytes."""

    def encode(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The embedding model that set-up builds beside the environment."""
    folder = Path(sys.prefix) / "share" / "markwatch" / "model"
    if not (folder / "modules.json").is_file():
        pytest.fail(f"no model at {folder}: run `make setup`, which builds it", pytrace=False)
    return folder
