"""Every knob is documented and checked; a wrong value is named with its way on and never shown where it is secret."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from guards.errors import EXIT_MISUSED
from settings import Settings, SettingsError, load, unknown_variables, variable

FIELDS = sorted(Settings.model_fields)


def test_it_says_whose_settings_these_are():
    assert settings.BOT_NAME == "markwatch"


def test_an_empty_environment_gives_the_defaults():
    values = load({})
    assert values.home == Path.home() / ".markwatch"
    assert values.database_url == f"sqlite:///{values.home}/markwatch.db"
    assert values.vault_path == values.home / "vault"
    assert values.allow_hosts == frozenset()
    assert values.confirm_rule_min_score is None
    assert values == Settings()


def test_the_defaults_alone_read_no_environment(monkeypatch):
    monkeypatch.setenv("MARKWATCH_LANG", "en")
    assert Settings().lang == "zh"
    assert load({}).lang == "zh"
    assert load().lang == "en"


@pytest.mark.parametrize("field", FIELDS)
def test_every_knob_is_documented(field):
    description = Settings.model_fields[field].description
    assert description, field
    assert description.endswith(".")


@pytest.mark.parametrize("field", [name for name in FIELDS if re.search(r"_(s|bytes)$", name)])
def test_a_knob_with_a_unit_names_it(field):
    words = "Seconds" if field.endswith("_s") else "ytes"
    assert words in (Settings.model_fields[field].description or "")


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("MARKWATCH_HOME", "/srv/mw", "database_url", "sqlite:////srv/mw/markwatch.db"),
        ("MARKWATCH_HOME", "/srv/m w", "vault_path", Path("/srv/m w/vault")),
        ("MARKWATCH_HOME", "~/x", "home", Path.home() / "x"),
        (
            "MARKWATCH_ALLOW_HOSTS",
            "127.0.0.1:80, Shop.Local,,",
            "allow_hosts",
            frozenset({"127.0.0.1:80", "shop.local"}),
        ),
        ("MARKWATCH_CALENDARS", "https://a.test/,http://b.test", "calendars", ("https://a.test", "http://b.test")),
        ("MARKWATCH_CALENDARS", "court+https://a.test/", "calendars", ("court+https://a.test",)),
        ("MARKWATCH_CALENDARS", "none", "calendars", ()),
        ("MARKWATCH_ALERT_THRESHOLD", "0.75", "alert_threshold", 0.75),
        ("MARKWATCH_CONFIRM_RULE_MIN_SCORE", "0.9", "confirm_rule_min_score", 0.9),
        ("MARKWATCH_CONFIRM_RULE_MIN_SCORE", "", "confirm_rule_min_score", None),
        ("MARKWATCH_VAULT_URL", "/srv/vault", "vault_path", Path("/srv/vault")),
        ("MARKWATCH_VAULT_URL", "file:///srv/a%20b", "vault_path", Path("/srv/a b")),
        ("MARKWATCH_DESK_PORT", "0", "desk_port", 0),
        ("markwatch_lang", "en", "lang", "en"),
    ],
)
def test_values_come_from_the_environment(name, value, field, expected):
    assert getattr(load({name: value}), field) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARKWATCH_LANG", "fr"), ("MARKWATCH_DESK_PORT", "eighty"), ("MARKWATCH_DESK_PORT", "70000"),
        ("MARKWATCH_ALERT_THRESHOLD", "2"), ("MARKWATCH_ALERT_THRESHOLD", "nan"), ("MARKWATCH_CRAWL_DELAY_S", "-1"),
        ("MARKWATCH_PAGE_DEADLINE_S", "0"), ("MARKWATCH_MAX_PAGE_BYTES", "1.5"), ("MARKWATCH_CALENDARS_QUORUM", "0"),
        ("MARKWATCH_CALENDARS_QUORUM", "9"), ("MARKWATCH_CALENDARS", "ftp://x"), ("MARKWATCH_CALENDARS", "+https://x"), ("MARKWATCH_CALENDARS", "court+ftp://x"), ("MARKWATCH_ALLOW_HOSTS", "a b"),
        ("MARKWATCH_ALLOW_HOSTS", "http://x/"), ("MARKWATCH_DATABASE_URL", "oracle://u:secret@h/x"),
        ("MARKWATCH_VAULT_URL", "s3://u:secret@bucket"), ("MARKWATCH_EXTRA_CA_FILE", "/no/such/secret.pem"),
        ("MARKWATCH_HEADERS_FILE", "/no/such.json"), ("MARKWATCH_CHROMIUM", "/no/such"), ("MARKWATCH_HOME", "/etc/passwd"),
        ("MARKWATCH_HOME", "~no-such-user-here/x"), ("MARKWATCH_CHROMIUM", "~0"), ("MARKWATCH_VAULT_URL", "~0/v"),
        ("MARKWATCH_USER_AGENT", "a\nb"), ("MARKWATCH_LOG_LEVEL", "loud"), ("MARKWATCH_IMAGES_PER_LISTING", "-1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_the_way_on(name, value):
    with pytest.raises(SettingsError) as caught:
        load({name: value})
    error = caught.value
    assert error.exit_code == EXIT_MISUSED
    assert error.message.startswith(f"{name}: ")
    assert error.message.count("MARKWATCH_") == 1
    assert f"set {name} to: " in error.next_step
    assert "secret@" not in str(error)


def test_all_wrong_variables_are_named_at_once():
    with pytest.raises(SettingsError, match=r"MARKWATCH_LANG.*MARKWATCH_DESK_PORT"):
        load({"MARKWATCH_LANG": "fr", "MARKWATCH_DESK_PORT": "x"})


@given(st.sampled_from(FIELDS), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_value_gives_settings_or_our_error(field, value):
    try:
        values = load({variable(field): value})
    except SettingsError as error:
        assert variable(field) in error.message
    else:
        assert isinstance(values, Settings)


def test_passwords_are_not_shown():
    values = load({"MARKWATCH_DATABASE_URL": "postgresql+psycopg://u:hunter2@h/x"})
    assert "hunter2" not in repr(values)
    assert "hunter2" not in str(values)
    assert values.database_url.endswith("u:hunter2@h/x")


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        load({}).lang = "en"


def test_misspelt_variables_are_found():
    env = {"MARKWATCH_LANG": "zh", "MARKWATCH_DATABSE_URL": "x", "OTHER": "y", "markwatch_hom": "z"}
    assert unknown_variables(env) == ["MARKWATCH_DATABSE_URL", "markwatch_hom"]


def test_a_dotenv_in_the_working_folder_counts_less_than_the_environment(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("MARKWATCH_LANG=en\nMARKWATCH_DESK_PORT=9000\nOTHER=1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARKWATCH_DESK_PORT", "9001")
    monkeypatch.delenv("MARKWATCH_LANG", raising=False)
    assert (load().lang, load().desk_port) == ("en", 9001)


def test_it_imports_nothing_heavy():
    code = "import sys, settings; print([m for m in ('PIL', 'scrapy', 'torch', 'sqlalchemy', 'numpy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_one_calendar_needs_no_second_answer() -> None:
    """Who names one calendar of his own has not to think of the quorum."""
    assert settings.load({"MARKWATCH_CALENDARS": "https://calendar.example"}).calendars_quorum == 1
    assert settings.load({}).calendars_quorum == 2
