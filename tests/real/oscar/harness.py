"""A real shop: django-oscar from PyPI in an environment of its own, filled through its own importers, on loopback.

`make_environment` builds (once a lock) the virtual environment outside the repository; `start` loads the catalogue and
serves it on an ephemeral port. By hand: `python tests/real/oscar/harness.py [PORT]` serves until Ctrl-C.
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
CACHE = Path(os.environ.get("MARKWATCH_TEST_CACHE", Path.home() / ".cache" / "markwatch"))
INSTALL_DEADLINE_S = 900
LOAD_DEADLINE_S = 240
START_DEADLINE_S = 60
KINDS = {
    "服饰": "cloth",
    "图书": "book",
    "茶叶": "tin",
    "家居": "bowl",
    "数码": "device",
    "玩具": "animal",
    "食品": "bag",
}
COPIED = {"6900036285084": "mirror"}
"""Products whose photo is a copy of the protected picture, and how it was changed."""


@dataclass(frozen=True)
class Product:
    """What the shop must be read as: one row of the catalogue with its attributes."""

    upc: str
    title: str
    description: str
    price: Decimal
    category: str
    attributes: Mapping[str, str]

    @property
    def origin(self) -> str:
        """The 产地 that the product page states, or an empty string."""
        return self.attributes.get("产地", self.attributes.get("Origin", ""))


@dataclass(frozen=True)
class OscarShop:
    """The running shop."""

    url: str
    products: tuple[Product, ...]
    rights_file: Path
    pid: int


def catalogue() -> tuple[Product, ...]:
    """Read the catalogue and its attributes as they are given to Oscar."""
    lines = (HERE / "attributes.jsonl").read_text(encoding="utf-8").splitlines()
    attributes = {row["upc"]: row["attributes"] for row in map(json.loads, lines)}
    with (HERE / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Product(upc, title, description, Decimal(price), category, attributes[upc])
            for _, category, upc, title, description, _, _, price, _ in csv.reader(file)
        )


def say(text: str) -> None:
    """Show progress on stderr."""
    sys.stderr.write(f"oscar: {text}\n")
    sys.stderr.flush()


def make_environment() -> Path:
    """Return the Python of the shop's environment; make it where the lock is new (deadline `INSTALL_DEADLINE_S`)."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    home = CACHE / f"oscar-{digest}-py{sys.version_info.major}{sys.version_info.minor}"
    python, ready = home / "bin" / "python", home / ".ready"
    if ready.exists():
        return python
    if home.exists():
        shutil.rmtree(home)
    say(f"making {home} (once for each lock, about a minute)")
    home.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", str(home)], INSTALL_DEADLINE_S)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK)]
    _run([str(python), *install], INSTALL_DEADLINE_S)
    ready.touch()
    say("environment ready")
    return python


def make_pictures(folder: Path) -> Path:
    """Draw one photo for each product, named by its UPC; copies of the protected picture are changed copies."""
    from demo import drawing

    folder.mkdir(parents=True, exist_ok=True)
    protected = protected_picture()
    for product in catalogue():
        if product.upc in COPIED:
            picture = drawing.altered(protected, COPIED[product.upc])
        else:
            picture = drawing.product(KINDS.get(product.category.split(" > ")[0], "box"), "oscar-" + product.upc)
        (folder / f"{product.upc}.jpg").write_bytes(drawing.jpeg(picture))
    return folder


def protected_picture():
    """Return the work whose copy the shop sells."""
    from demo import drawing

    return drawing.product("scene", "oscar-protected-work")


def write_rights(folder: Path) -> Path:
    """Copy the rights file beside the protected picture that it names."""
    from demo import drawing

    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / "work.jpg").write_bytes(drawing.jpeg(protected_picture(), 92))
    return Path(shutil.copy(HERE / "rights.csv", folder / "rights.csv"))


def _run(command: list[str], deadline_s: float, env: Mapping[str, str] | None = None) -> None:
    """Run to its end; RuntimeError with the end of what it printed where it failed."""
    done = subprocess.run(command, env=env, timeout=deadline_s, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[1:4]} failed ({done.returncode}): {done.stdout[-500:]}{done.stderr[-2000:]}")


@contextmanager
def start(folder: Path, port: int = 0) -> Iterator[OscarShop]:
    """Load and serve the shop with its data below `folder`; stopped by its pid, with a deadline, at the end."""
    python = make_environment()
    pictures = make_pictures(folder / "pictures")
    rights = write_rights(folder / "rights")
    env = {**os.environ, "SHOP_DIR": str(folder), "SHOP_PORT": str(port), "PYTHONPATH": str(HERE / "project")}
    script = str(HERE / "project" / "shop.py")
    say("loading the catalogue through Oscar's importers")
    files = [str(HERE / "catalogue.csv"), str(HERE / "attributes.jsonl"), str(pictures)]
    _run([str(python), script, "load", *files], LOAD_DEADLINE_S, env)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([str(python), script, "serve"], env=env, stdout=subprocess.PIPE, stderr=log)
        try:
            yield OscarShop(f"http://127.0.0.1:{_port_of(server)}/", catalogue(), rights, server.pid)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)


def _port_of(server: "subprocess.Popen[bytes]") -> int:
    """Return the port that the server says it listens on; RuntimeError where it says nothing in time."""
    timer = threading.Timer(START_DEADLINE_S, server.kill)
    timer.start()
    try:
        line = server.stdout.readline().split() if server.stdout else []
    finally:
        timer.cancel()
    if line[:1] != [b"listening"]:
        raise RuntimeError(f"the shop did not start within {START_DEADLINE_S} s: see server.log")
    say(f"listening on port {line[1].decode()}")
    return int(line[1])


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[2]))
    with (
        tempfile.TemporaryDirectory(prefix="oscar-") as scratch,
        start(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running,
    ):
        say(f"{running.url}  {len(running.products)} products; rights: {running.rights_file}; Ctrl-C ends")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
