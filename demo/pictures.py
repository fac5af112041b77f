"""Pictures by recipe: what a listing's `picture` says is drawn on demand, and the same every time.

- `bag` draws a product of that kind, fixed by the listing's key
- `copy:design-lamp.jpg:mirror` takes a right's reference picture and changes it as a copier does
- `logo:tm-limoyuan.png:bag` draws a product with a right's logo on it
"""

from functools import lru_cache

from PIL import Image

from demo import data, drawing


def by_recipe(recipe: str, key: str) -> Image.Image:
    """Draw the picture of a recipe for the listing `key`. KeyError for an unknown alteration."""
    word, *rest = recipe.split(":")
    if word == "copy":
        return drawing.altered(_reference(rest[0]), rest[1])
    if word == "logo":
        return drawing.with_logo(drawing.product(rest[1], key), _reference(rest[0]), key)
    return drawing.product(word, key)


def _reference(name: str) -> Image.Image:
    return Image.open(data.IMAGES / name).convert("RGB")


@lru_cache(maxsize=512)
def jpeg_of(recipe: str, key: str) -> bytes:
    """Return the picture as JPEG bytes, kept in memory once drawn (about 15 KB each)."""
    return drawing.jpeg(by_recipe(recipe, key))
