"""Pictures against a bank of references: kinds of edit, kinds of other pictures, and how the answer is told."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from bench.detection.pictures import EDITS, encoded, logo, measure_pictures, others, photos, plain, product, scene
from detectors import features
from detectors.images import EDGES_THRESHOLD, PHASH_THRESHOLD, ReferenceBank
from detectors.nearest import HashIndex
from detectors.pictures import TURNS, open_flat, picture
from detectors.screening import Screen
from detectors.types import ReferenceImage

_PLACES = {
    "scene": scene(1),
    "photo": photos()[5],
}


@pytest.fixture(scope="module")
def bank() -> ReferenceBank:
    """A scene, a photo, a product and a logo of four rights."""
    made = {**_PLACES, "product": product(1), "logo": logo(1)}
    return ReferenceBank({name: [ReferenceImage(f"{name}.png", encoded(image))] for name, image in made.items()})


@pytest.mark.parametrize("name", sorted(_PLACES))
@pytest.mark.parametrize("edit", sorted(EDITS))
def test_an_edited_copy_is_found_and_nothing_else(bank: ReferenceBank, edit: str, name: str) -> None:
    shown = EDITS[edit](_PLACES[name], scene(77))
    found = bank.scan(encoded(shown, "JPEG", quality=85))
    assert set(found) == {name}
    x, y, w, h = found[name][0].region
    assert min(x, y) >= 0
    assert x + w <= shown.size[0] + 2
    assert y + h <= shown.size[1] + 2


def test_other_pictures_match_nothing(bank: ReferenceBank) -> None:
    """At least 500 pairs: 32 pictures of four kinds against four references, each in its four quarter turns."""
    pairs, wrong = 0, []
    for kind, image in others(8, seed=5_000):
        for turn in (0, 90, 180, 270):
            pairs += 4
            wrong += [(kind, right) for right in bank.scan(encoded(image.rotate(turn, expand=True)))]
    assert pairs >= 500
    assert wrong == []


@pytest.mark.parametrize("seed", range(6))
def test_near_uniform_pictures_never_match(bank: ReferenceBank, seed: int) -> None:
    near = ReferenceBank({"plain": [ReferenceImage("plain", encoded(plain(seed)))]})
    assert bank.scan(encoded(plain(seed))) == {}
    assert near.scan(encoded(plain(seed + 50))) == {}
    assert near.scan(encoded(scene(seed))) == {}


def test_an_answer_is_kept_and_the_same(bank: ReferenceBank) -> None:
    data = encoded(EDITS["crop 50 %"](scene(1), scene(2)), "JPEG")
    assert bank.scan(data) is bank.scan(data)
    again = ReferenceBank({"scene": [ReferenceImage("scene.png", encoded(scene(1)))]})
    assert list(again.scan(data)["scene"]) == list(bank.scan(data)["scene"])


@pytest.mark.parametrize(
    ("change", "method", "turned"),
    [
        (lambda image: image, "sha256", ""),
        (lambda image: image.resize((300, 225)), "phash", ""),
        (ImageOps.mirror, "phash", "mirrored"),
        (lambda image: image.rotate(180), "phash", "turned by 180°"),
        (ImageOps.invert, "phash", "colours inverted"),
    ],
)
def test_the_method_and_the_turn_are_told(
    bank: ReferenceBank, change: Callable[[Image.Image], Image.Image], method: str, turned: str
) -> None:
    (match,) = bank.matches(encoded(change(scene(1))), "scene")
    assert (match.method, match.turned) == (method, turned)
    assert match.distance <= PHASH_THRESHOLD
    assert 0.8 < match.probability < 1


def test_outlines_turn_with_the_picture() -> None:
    data = scene(3)
    upright = picture(encoded(data))
    assert upright is not None
    for (_, turn), outline in zip(TURNS, upright.outlines, strict=True):
        turned = picture(encoded(data if turn is None else data.transpose(turn)))
        assert turned is not None
        assert float(turned.outlines[0] @ outline) > EDGES_THRESHOLD / 100


def test_a_thing_on_a_plain_ground_is_not_busy() -> None:
    kinds = {"scene": scene(4), "photo": photos()[0], "product": product(4), "plain": plain(4)}
    busy = {kind: opened.busy for kind, image in kinds.items() if (opened := picture(encoded(image)))}
    assert busy["scene"]
    assert not busy["product"]
    assert not busy["plain"]


def test_screening_passes_the_right_reference_and_few_others() -> None:
    made = [features.extract(np.asarray(scene(n).convert("L"))) for n in range(12)]
    shown = features.extract(np.asarray(scene(2).convert("L").resize((360, 270))))
    worth = Screen(made).worth(shown, range(12), (0,))
    assert (2, 0) in worth
    assert len(worth) <= 8
    assert Screen(made).worth(shown, [], (0,)) == frozenset()


def test_a_copy_in_other_hues_inside_another_picture_is_found_by_lightness(bank: ReferenceBank) -> None:
    hue, saturation, value = scene(1).convert("HSV").split()
    other = Image.merge("HSV", (hue.point(lambda level: (level + 90) % 256), saturation, value)).convert("RGB")
    sheet = scene(90, (720, 540))
    sheet.paste(other.crop((60, 40, 420, 320)), (300, 200))
    (match,) = bank.matches(encoded(sheet, "JPEG", quality=90), "scene")
    assert match.method == "light_sift"
    assert match.distance >= features.MIN_INLIERS


def test_lightness_stays_where_channels_are_swapped() -> None:
    pixels = np.asarray(scene(3))
    assert (features.lightness(pixels) == features.lightness(pixels[:, :, ::-1])).all()
    assert (features.lightness(np.full((2, 2, 3), 255, np.uint8)) == 255).all()


@pytest.mark.parametrize("rows", [500, 20_500])
def test_every_hash_up_to_the_limit_is_found_and_none_beyond(rows: int) -> None:
    rng = np.random.default_rng(2)
    kept = rng.integers(0, 256, (rows, 32), dtype=np.uint8)
    bits = np.unpackbits(kept[:8], axis=1)
    bits[:, :PHASH_THRESHOLD] ^= 1
    index, asked = HashIndex(kept), np.packbits(bits, axis=1)
    assert [found.tolist() for found in index.near(asked, PHASH_THRESHOLD)] == [[n] for n in range(8)]
    assert [found.tolist() for found in index.near(asked, PHASH_THRESHOLD - 1)] == [[]] * 8


def test_poses_turn_with_mirror_images_and_negatives() -> None:
    upright = features.extract(np.asarray(scene(2).convert("L")))
    mirrored = features.extract(np.asarray(ImageOps.mirror(scene(2)).convert("L")))
    placed = features.place(upright.mirrored(480), mirrored, (480, 360), (480, 360))
    assert placed is not None
    assert placed.inliers > 0.5 * len(upright.points)
    negative = features.extract(np.asarray(ImageOps.invert(scene(2)).convert("L")))
    assert features.place(upright.inverted(), negative, (480, 360), (480, 360)) is not None


def test_features_are_bounded_and_strongest_first() -> None:
    made = features.extract(np.random.default_rng(1).integers(0, 255, (400, 400), dtype=np.uint8))
    assert 0 < len(made.points) == len(made.descriptors) <= 1500
    assert len(features.extract(np.zeros((64, 64), np.uint8)).points) == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK"])
def test_every_mode_opens_flat(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    opened = open_flat(encoded(scene(6).convert(mode), form))
    assert opened is not None
    assert opened.mode == "RGB"
    assert max(opened.size) <= 1000


@pytest.mark.parametrize("size", [(1, 1), (23, 400), (4000, 10)])
def test_too_small_pictures_are_none(size: tuple[int, int]) -> None:
    assert open_flat(encoded(Image.new("RGB", size, "red"))) is None


def test_an_empty_bank_answers_nothing() -> None:
    assert ReferenceBank({}).scan(encoded(scene(1))) == {}
    assert ReferenceBank({"a": [ReferenceImage("a", b"junk")]}).scan(encoded(scene(1))) == {}


@pytest.mark.soak
def test_the_whole_benchmark() -> None:
    card = measure_pictures(16, 12, seed=70)
    assert sum(card.wrong.values()) == 0, card.which
    assert sum(card.found.values()) >= 0.95 * sum(card.tried.values()), card.table()
    # Another hue inside another picture is the weakest: below its goal of .90, and held where it is.
    floors = {name: 0.7 if name == "recolour + collage" else 0.85 for name in card.tried}
    assert all(card.found[name] >= floors[name] * card.tried[name] for name in card.tried), card.table()
