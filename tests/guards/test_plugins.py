"""Plug-ins are found by lying in a folder; one that cannot be imported is named with what is wrong with it."""

import sys
import types

import pytest

from guards.errors import EXIT_MISUSED, BrokenPlugIn
from guards.plugins import modules_of


@pytest.fixture
def package(tmp_path):
    """An empty package of its own, taken away with all that was imported from it."""
    made = types.ModuleType("sample_plug_ins")
    made.__path__ = [str(tmp_path)]
    sys.modules[made.__name__] = made
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == made.__name__]:
        del sys.modules[name]


def test_every_module_is_yielded_by_name(package, tmp_path):
    for name in ("zebra", "ant", "mole"):
        (tmp_path / f"{name}.py").write_text(f"SELF = {name!r}\n")
    (tmp_path / "notes.txt").write_text("no module")
    assert [(name, module.SELF) for name, module in modules_of(package)] == [(n, n) for n in ("ant", "mole", "zebra")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def (:", "SyntaxError: invalid syntax"),
        ("x = y", "NameError: name 'y' is not defined"),
        ("x = 1 + '1'", "TypeError: unsupported operand"),
        ("x = {}['a']", "KeyError: 'a'"),
        ("x = open('/no/such/file')", "FileNotFoundError"),
        ("\x00", "ource code string cannot contain null bytes"),
    ],
)
def test_a_broken_one_is_named_with_the_reason(package, tmp_path, text, reason):
    (tmp_path / "slip.py").write_text(text)
    with pytest.raises(BrokenPlugIn) as caught:
        list(modules_of(package))
    assert caught.value.exit_code == EXIT_MISUSED
    for lang in ("zh", "en"):
        assert "sample_plug_ins.slip" in caught.value.in_lang(lang)
        assert reason in caught.value.in_lang(lang)
