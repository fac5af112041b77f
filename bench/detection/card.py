"""A scorecard as a picture."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.detection.measure import Card

_ROW, _NAME, _BAR, _EDGE = 22, 260, 420, 16
_FONT = 15
_GOOD, _WEAK, _BAD, _GROUND = "#2e7d32", "#f9a825", "#c62828", "#e8e8e8"
_FLOOR = 0.8
"""The share of a suspect family that is hoped for at least."""
_FALSE = 0.03


def draw(card: Card, title: str) -> Image.Image:
    """Return the card as a picture: a bar a family, suspect ones first, the worst of each first."""
    shares = {family: card.alerts[family] / card.totals[family] for family in card.totals}
    suspect = sorted((f for f in shares if card.suspect[f]), key=lambda f: (shares[f], f))
    honest = sorted((f for f in shares if not card.suspect[f]), key=lambda f: (-shares[f], f))
    rows = [*suspect, *honest]
    sheet = Image.new("RGB", (_NAME + _BAR + 120, _ROW * (len(rows) + 3)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
    pen.text((_EDGE, 6), title, fill="black", font=font)
    for number, family in enumerate(rows):
        top = _ROW * (number + 2)
        share, wanted = shares[family], card.suspect[family]
        colour = (_GOOD if share >= _FLOOR else _WEAK) if wanted else (_BAD if share > _FALSE else _GOOD)
        pen.text((_EDGE, top), family, fill="black" if wanted else "#555555", font=font)
        pen.rectangle((_NAME, top + 3, _NAME + _BAR, top + _ROW - 5), fill=_GROUND)
        pen.rectangle((_NAME, top + 3, _NAME + round(_BAR * share), top + _ROW - 5), fill=colour)
        pen.text((_NAME + _BAR + 10, top), f"{share:.2f} of {card.totals[family]}", fill="black", font=font)
    return sheet


def save(card: Card, title: str, path: Path) -> None:
    """Write the picture of a card as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(card, title).save(path, "PNG")
