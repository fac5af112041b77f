"""The command line's frame: help, exit codes, JSON on one line, no traceback, a quiet broken pipe."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from desk import words
from desk.cli import groups, main
from desk.cli.parser import Parser, build
from desk.cli.terminal import harmless, table

TABLE = [
    "demo", "init", "doctor", "rights import", "watch add", "watch list", "watch test", "watch pause", "watch import", "patrol",
    "detect", "hits list", "hits show", "hits decide", "hits confirm", "capture", "stamp", "proofs list", "proofs upgrade",
    "proofs verify", "package build", "verify", "desk", "work", "backup", "restore",
]  # fmt: skip


@pytest.mark.parametrize("command", TABLE)
def test_every_promised_command_has_help_in_both_languages(cli, command):
    for lang, other in (("zh", "en"), ("en", "zh")):
        ran = cli(*command.split(), "--help", env={"MARKWATCH_LANG": lang})
        assert ran.code == 0
        key = "help_" + command.replace(" ", "_")
        assert words.say_in(lang, key).split()[0] in ran.out
        assert "--json" in ran.out
        assert words.say_in(other, "help_opt_json") not in ran.out


def test_help_lists_every_command(cli):
    listed = cli("--help").out
    assert all(re.search(rf"^ +{command.split()[0]}\b", listed, re.MULTILINE) for command in TABLE)


def test_help_imports_nothing_heavy():
    """`markwatch --help` must answer within half a second: what costs time is what it imports."""
    code = (
        "import sys, io; from desk.cli.main import run; run(['--help'], out=io.StringIO(), err=io.StringIO());"
        "bad = {'sqlalchemy','fastapi','pydantic','scrapy','torch','rich','structlog','PIL','playwright','cryptography','numpy'};"
        "print(sorted(bad & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("argv", [["nonsense"], ["hits"], ["hits", "list", "--limit", "x"], ["hits", "decide", "abc", "guilty"],
                                  ["watch", "test"], ["hits", "list", "--unknown"], ["stamp"]])  # fmt: skip
def test_misuse_is_3_with_usage_and_json(cli, argv):
    ran = cli(*argv, "--json")
    assert ran.code == 3
    assert "usage" in ran.err
    assert ran.document["exit"] == 3
    assert ran.out.count("\n") == 1
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["hits"], "缺少参数:COMMAND"),
        (["hits", "show"], "缺少参数:ID"),
        (["--bogus"], "无法识别的参数:--bogus"),
        (["hits", "decide", "x", "nonsense"], "verdict 不能是 'nonsense'"),
        (["watch", "test", "http://a.example", "--pages", "many"], "--pages 应为整数,实为 'many'"),
        (["capture", "http://a.example", "--out"], "--out 缺少值"),
        (["rights", "import", "/nowhere/x.csv"], "/nowhere/x.csv"),
        (["watch", "add", "x"], "网址应有 1 至"),
        (["watch", "pause", "x"], "没有名为 'x' 的监测任务"),
        (["patrol", "--watch", "x"], "没有名为 'x' 的监测任务"),
        (["hits", "show", "x"], "没有编号为 'x' 的线索"),
        (["hits", "list", "--state", "x"], "没有状态 'x'"),
        (["hits", "list", "--limit", "0"], "条数应为 1 至"),
        (["case", "show", "x"], "没有案号 'x'"),
        (["evidence", "show", "x"], "没有编号为 'x' 的证据"),
        (["verify", "/nowhere.zip"], "没有文件 /nowhere.zip"),
        (["capture", "ftp://a.example", "--out", "x"], "应为 http 或 https 网址"),
        (["stamp", "/nowhere"], "/nowhere 不是文件"),
        (["desk", "--port", "99999"], "端口应为 0 至 65535"),
    ],
)
def test_misuse_is_told_in_chinese_too(cli, argv, said):
    ran = cli(*argv, "--json", env={"MARKWATCH_LANG": "zh"})
    assert ran.code == 3, ran.err
    assert said in ran.err
    assert said in ran.document["message"]
    assert "下一步" in ran.err or not ran.document["next_step"]


def test_help_is_wholly_in_chinese(cli):
    out = cli("watch", "test", "--help", env={"MARKWATCH_LANG": "zh"}).out
    assert "用法:" in out
    assert not [word for word in ("usage", "options:", "positional", "show this help") if word in out]


def test_the_language_of_a_dotenv_file_counts_before_the_settings_are_read(cli, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MARKWATCH_LANG=zh\n", "utf-8")
    monkeypatch.delenv("MARKWATCH_LANG")
    assert "缺少参数" in cli("hits").err
    (tmp_path / ".env").write_bytes(b"\xff\xfe=")
    assert cli("hits").code == 3


def test_json_may_stand_before_or_after_the_command(cli):
    before, after = cli("--json", "hits", "list"), cli("hits", "list", "--json")
    assert before.out == after.out
    assert before.out.count("\n") == 1


def test_no_command_prints_help_and_is_misuse(cli):
    ran = cli()
    assert ran.code == 3
    assert "usage" in ran.err
    assert ran.out == ""


def test_version(cli):
    assert cli("--version").out == f"markwatch {main.VERSION}\n"


def test_an_unexpected_error_is_4_and_its_traceback_is_in_the_log_only(cli, monkeypatch, home):
    def explode(_app, **_kwargs):
        raise RuntimeError("boom token=abcdefghijkl")

    monkeypatch.setattr("patrol.today.hit_rows", explode)
    ran = cli("hits", "list", "--json")
    assert ran.code == 4
    assert ran.document["exit"] == 4
    assert "boom" in ran.err
    assert "abcdefghijkl" not in ran.err + ran.out
    assert "Traceback" not in ran.err + ran.out
    assert str(home / "logs" / "hits.jsonl") in ran.err
    line = json.loads((home / "logs" / "hits.jsonl").read_text("utf-8").splitlines()[-1])
    assert "Traceback" in line["exception"]
    assert "abcdefghijkl" not in json.dumps(line)


def test_ctrl_c_is_clean(cli, monkeypatch):
    def interrupt(_app, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("patrol.today.hit_rows", interrupt)
    ran = cli("hits", "list")
    assert ran.code == 4
    assert "interrupted" in ran.err
    assert "Traceback" not in ran.err


def test_a_full_disk_names_the_next_step(cli, monkeypatch):
    def full(_app, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("patrol.today.hit_rows", full)
    ran = cli("hits", "list")
    assert ran.code == 4
    assert "free some space" in ran.err


def test_an_unwritable_home_is_misuse(cli, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    for bad in (blocked, blocked / "below"):
        ran = cli("init", env={"MARKWATCH_HOME": str(bad)})
        assert ran.code == 3, ran.err
        assert "MARKWATCH_HOME" in ran.err


@pytest.mark.parametrize(
    ("name", "value"),
    [("MARKWATCH_ALERT_THRESHOLD", "2"), ("MARKWATCH_LANG", "fr"), ("MARKWATCH_DATABASE_URL", "mysql://x")],
)
def test_a_bad_setting_is_misuse_and_named(cli, name, value):
    ran = cli("init", env={name: value})
    assert ran.code == 3
    assert name in ran.err


def run_child(*argv: str, cwd: Path, env: dict[str, str], **kwargs: object) -> "subprocess.CompletedProcess[str]":
    full = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2]), **env}
    return subprocess.run(
        [sys.executable, "-m", "desk.cli.main", *argv],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=full,
        **kwargs,
    )  # type: ignore[call-overload, no-any-return]


def test_another_folders_settings_are_refused(tmp_path):
    stranger = tmp_path / "scrapyproject"
    stranger.mkdir()
    (stranger / "settings.py").write_text("BOT_NAME = 'other'\n")
    done = run_child(
        "init",
        "--json",
        cwd=stranger,
        env={"MARKWATCH_HOME": str(tmp_path / "home"), "PYTHONPATH": f"{stranger}:{Path(main.__file__).parents[2]}"},
    )
    assert done.returncode == 3, done.stderr
    assert str(stranger / "settings.py") in json.loads(done.stdout)["message"]
    assert not (tmp_path / "home").exists()


def test_a_broken_pipe_is_quiet_and_keeps_the_exit_code(tmp_path):
    env = {
        **os.environ,
        "MARKWATCH_HOME": str(tmp_path / "h"),
        "MARKWATCH_LANG": "en",
        "PYTHONPATH": str(Path(main.__file__).parents[2]),
    }
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.Popen(
        [sys.executable, "-m", "desk.cli.main", "--help"], stdout=writer, stderr=subprocess.PIPE, env=env
    )
    os.close(writer)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert err == b""


def test_what_libraries_print_does_not_spoil_the_json(tmp_path, monkeypatch):
    """Descriptor 1 leads to standard error while a command runs, so a library's print cannot precede the JSON."""
    code = (
        "import os, sys, desk.cli.groups.hits as h, desk.cli.main as m;"
        "h._list = lambda context, args: (os.write(1, b'noise\\n'), print('more noise'), context.emit({'ok': 1}, str), 0)[-1];"
        "sys.argv = ['markwatch', 'hits', 'list', '--json']; m.main()"
    )
    env = {**os.environ, "MARKWATCH_HOME": str(tmp_path / "h"), "PYTHONPATH": str(Path(main.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True, cwd=tmp_path
    )
    assert done.stdout == '{"ok": 1}\n'
    assert "noise" in done.stderr


def test_every_sentence_exists_in_both_languages_with_the_same_placeholders():
    fields = re.compile(r"(?<!\{)\{(\w+)[^{}]*\}(?!\})")
    for key, (zh, en) in words.catalogue().items():
        assert zh, key
        assert en, key
        assert sorted(fields.findall(zh)) == sorted(fields.findall(en)), key
        assert "侵权" not in zh, key


def test_every_key_that_the_code_says_is_known():
    desk = Path(main.__file__).parents[1]
    patrol = desk.parent / "patrol"
    used = set()
    for path in [*desk.rglob("*.py"), *desk.rglob("*.html"), *patrol.rglob("*.py")]:
        text = path.read_text("utf-8")
        used |= {
            (m, path.name) for m in re.findall(r"""\b(?:say|t|progress|context\.say)\(\s*"([a-z_0-9]+)"[,)]""", text)
        }
    missing = {(key, name) for key, name in used if not words.known(key)}
    assert not missing


def test_parser_never_ends_the_process():
    parser = build(groups.REGISTER)
    assert isinstance(parser, Parser)
    assert parser.parse_args(["hits", "list"]).command == "hits list"


@pytest.mark.parametrize("text", ["a\x1b[31mred\x1b[0m", "\u202eevil", "x\x00y\x07", "line\nbreak"])
def test_hostile_text_is_harmless_on_a_terminal(text):
    shown = harmless(text) + table(["h"], [[text]])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", shown.replace("\n", ""))
    assert "[/" not in harmless("[bold]x[/bold]") or "[bold]" in table(["h"], [["[bold]x[/bold]"]])


def test_a_closed_stream_is_survived():
    from desk.cli.terminal import write

    stream = io.StringIO()
    stream.close()
    write(stream, "text")
