"""The command line in process, and the desk over a small house."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desk.cli.main import run


@dataclass(frozen=True)
class Ran:
    """What one command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The last line of standard output, which must be JSON."""
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder that MARKWATCH_HOME names."""
    return tmp_path / "home"


@pytest.fixture
def cli(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run one command in process, on a fresh home without model and calendars."""
    for name, value in {
        "MARKWATCH_HOME": str(home), "MARKWATCH_MODEL": "off", "MARKWATCH_CALENDARS": "none", "MARKWATCH_LANG": "en",
        "MARKWATCH_ACTOR": "ann",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def call(*argv: object, env: Mapping[str, str] | None = None) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = run([str(arg) for arg in argv], out=out, err=err)
        return Ran(code, out.getvalue(), err.getvalue())

    return call


RIGHTS = """\
id,kind,name,aliases,nice_classes,goods,region,owner,registration_no,valid_from,valid_to,authorized_sellers,images
tm1,trademark,砚溪雁,YANXIYAN,30,茶叶,,砚溪茶厂,90000001,2020-01-01,2040-01-01,砚溪雁旗舰店,
gi1,gi,阿拉善白绒山羊,,,羊绒;羊绒衫,阿拉善,阿拉善盟某协会,,2010-01-01,,,
"""


@pytest.fixture
def rights_file(tmp_path: Path) -> Path:
    """A good rights file."""
    path = tmp_path / "rights.csv"
    path.write_text(RIGHTS, "utf-8-sig")
    return path
