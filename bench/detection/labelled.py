"""Scores a labelled set in the formats of the command line: `python -m bench.detection.labelled DIR [--model DIR]`.

DIR holds `rights.csv`, `listings.jsonl`, and `labels.jsonl`, one object a line: {"listing", "right", "label", "family"}
with the label `suspected`, `verify_origin` or `honest` (must not alert). A pair without a label is taken for honest.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.detection.generate import Item
from bench.detection.measure import DAY, score, table
from detectors.engine import Engine
from detectors.types import Options
from records.listings_file import read_listings
from records.model import Listing, Right
from records.rights_file import read_rights


def load(folder: Path) -> tuple[list[Right], list[Item]]:
    """Return the rights of a labelled set and its labelled pairs, in the file's order. Raises KeyError for unknown ids."""
    found = {item.id: item for item in read_listings(folder / "listings.jsonl") if isinstance(item, Listing)}
    labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    items = [
        Item(
            found[row["listing"]],
            row["right"],
            f"{'honest' if row['label'] == 'honest' else 'suspect'}:{row['family']}",
            row["label"] != "honest",
        )
        for row in labels
    ]
    return list(read_rights(folder / "rights.csv").rights), items


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.labelled")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="")
    given = parser.parse_args(arguments)
    rights, items = load(given.folder)
    sys.stdout.write(table(score(Engine(rights, options=Options(model=given.model, today=DAY)), items)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
