"""What `doctor` says of a good machine and of each thing that is wrong, by the real checks."""

import os
import stat

import pytest

from guards.errors import MarkwatchError, both
from patrol import doctor
from patrol.app import App
from patrol.doctor import BAD, CHECKS, GOOD, WARN, examine


def state(app: App, name: str) -> str:
    return CHECKS[name](app).state


def test_a_fresh_home_can_do_the_main_job(house):
    checks = examine(house)
    assert [check.name for check in checks] == list(CHECKS)
    assert all(check.ok for check in checks), [check for check in checks if not check.ok]
    assert all(check.mend.zh and check.mend.en for check in checks if check.state != GOOD and check.name != "model")
    assert all("侵权" not in check.detail.zh for check in checks)


def test_each_check_is_named_as_it_runs(house):
    named: list[str] = []
    examine(house, named.append)
    assert named == list(CHECKS)


def test_a_home_that_others_may_write_is_noted(house):
    house.home.chmod(0o777)
    assert state(house, "home") == WARN
    house.home.chmod(0o700)
    assert state(house, "home") == GOOD
    assert stat.S_IMODE(house.home.stat().st_mode) == 0o700


def test_too_little_room_is_bad(make_house):
    app = make_house({"MARKWATCH_DISK_FLOOR_BYTES": str(10**18)})
    assert state(app, "disk") == BAD


def test_a_misspelt_setting_is_named(house, monkeypatch):
    assert state(house, "settings") == GOOD
    monkeypatch.setenv("MARKWATCH_TRESHOLD", "1")
    monkeypatch.setenv("MARKWATCH_ACTOR", "ann")
    check = CHECKS["settings"](house)
    assert check.state == WARN
    assert "MARKWATCH_TRESHOLD" in check.detail.en
    assert "MARKWATCH_ACTOR" not in check.detail.en


def test_the_database_from_missing_to_made(house):
    assert state(house, "database") == WARN
    house.init()
    assert state(house, "database") == GOOD
    assert state(house, "seal_key") == GOOD


def test_an_audit_trail_that_was_changed_is_bad(house):
    from sqlalchemy import text

    house.init()
    house.records.audit.append("甲", "decision", "h1", "x")
    engine = house.records.audit._sessions.kw["bind"]
    with engine.begin() as connection:
        for trigger in connection.execute(text("select name from sqlite_master where type='trigger'")).scalars().all():
            connection.execute(text(f'drop trigger "{trigger}"'))
        connection.execute(text("update audit set actor = '乙'"))
    check = CHECKS["database"](house)
    assert check.state == BAD
    assert "backup" in check.mend.en


def test_a_changed_vault_file_is_bad_and_named(house):
    sha256 = house.vault.put(b"evidence")
    assert state(house, "vault") == GOOD
    path = house.vault.path(sha256)
    path.chmod(0o600)
    path.write_bytes(b"Evidence")
    check = CHECKS["vault"](house)
    assert check.state == BAD
    assert sha256 in check.detail.en


@pytest.mark.parametrize(("script", "expected"), [("echo Chromium 1.2.3", GOOD), ("echo broken >&2; exit 3", BAD)])
def test_a_browser_is_started(make_house, tmp_path, script, expected):
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert state(make_house({"MARKWATCH_CHROMIUM": str(program)}), "browser") == expected


def test_no_browser_at_all(house, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert house.chromium == ""
    check = CHECKS["browser"](house)
    assert check.state == BAD
    assert "MARKWATCH_CHROMIUM" in check.mend.en
    with pytest.raises(MarkwatchError, match="no Chromium"):
        house.capture_options()
    assert state(house, "fonts") == WARN


LINUX = "chrome-linux64/chrome"
MAC = "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"


@pytest.mark.parametrize(
    ("variable", "cache"),
    [
        ("PLAYWRIGHT_BROWSERS_PATH", "."),
        ("XDG_CACHE_HOME", "ms-playwright"),
        ("HOME", ".cache/ms-playwright"),
        ("HOME", "Library/Caches/ms-playwright"),
    ],
)
@pytest.mark.parametrize("program", [LINUX, MAC])
def test_playwrights_own_browser_is_found_the_newest_first(house, monkeypatch, tmp_path, variable, cache, program):
    for build in ("chromium-999", "chromium-1255", "chromium-1300", "chromium_headless_shell-1400"):
        file = tmp_path / cache / build / program
        file.parent.mkdir(parents=True)
        file.touch()
    (tmp_path / cache / "chromium-1300" / program).unlink()  # half-fetched
    for name in ("PLAYWRIGHT_BROWSERS_PATH", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(variable, str(tmp_path))
    assert house.chromium == str(tmp_path / cache / "chromium-1255" / program)


@pytest.mark.parametrize(("model", "expected"), [("off", WARN), ("/nowhere/model", BAD), ("some/name", WARN)])
def test_the_model(make_house, model, expected):
    assert state(make_house({"MARKWATCH_MODEL": model}), "model") == expected


def test_anchors_in_and_out_of_reach(make_house, calendar):
    good = {"MARKWATCH_CALENDARS": calendar.url, "MARKWATCH_ALLOW_HOSTS": calendar.host}
    assert state(make_house(good), "anchors") == GOOD
    refused = CHECKS["anchors"](make_house({"MARKWATCH_CALENDARS": calendar.url}))
    assert refused.state == WARN
    assert "queued" in refused.mend.en
    assert state(make_house(), "anchors") == WARN


def test_a_clock_behind_the_program_is_bad(house, monkeypatch):
    from datetime import UTC, datetime

    monkeypatch.setattr(house, "now", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    assert state(house, "clock") == BAD


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MarkwatchError(both("坏了", "broken"), both("修", "mend it")), "broken"),
        (OSError(5, "I/O error"), "I/O error"),
        (ImportError("no module named x"), "no module named x"),
    ],
)
def test_a_check_that_fails_is_bad_and_the_others_go_on(house, monkeypatch, error, said):
    def fail(_app: App) -> doctor.Check:
        raise error

    monkeypatch.setitem(CHECKS, "fonts", fail)
    checks = {check.name: check for check in examine(house)}
    assert checks["fonts"].state == BAD
    assert said in checks["fonts"].detail.en
    assert checks["clock"].state in (GOOD, WARN)
    if isinstance(error, MarkwatchError):
        assert (checks["fonts"].detail.zh, checks["fonts"].mend.zh) == ("坏了", "修")


def test_root_is_told_that_its_browser_has_no_sandbox(house):
    assert state(house, "sandbox") == (WARN if os.geteuid() == 0 else CHECKS["sandbox"](house).state)
