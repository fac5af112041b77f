"""The catalogue: every sentence of the command line and the web pages, in Chinese and in English.

    words.use("en"); words.say("hits_count", hits=3)

Chinese is the default. Sentences live in tables below `desk/catalogue/`, one pair a key; placeholders
are `str.format` names and must be the same in both languages (a test compares them). Until a judgment is final the
word is 涉嫌 (suspected), never 侵权.
"""

from desk.catalogue import HELP, PAGES, SENTENCES

_CATALOGUE: dict[str, tuple[str, str]] = {**HELP, **SENTENCES, **PAGES}
_language = ["zh"]


def use(lang: str) -> None:
    """Choose the language of this process: "en", or Chinese for anything else."""
    _language[0] = "en" if lang.strip().lower().startswith("en") else "zh"


def language() -> str:
    """Return the chosen language, "zh" or "en"."""
    return _language[0]


def say(key: str, /, **values: object) -> str:
    """Return the sentence for `key` in the chosen language; an unknown key reads as itself."""
    return say_in(_language[0], key, **values)


def say_in(lang: str, key: str, /, **values: object) -> str:
    """Return the sentence for `key` in `lang`; an unknown key reads as itself."""
    pair = _CATALOGUE.get(key)
    if pair is None:
        return key
    return pair[1 if lang == "en" else 0].format(**values)


def field_name(field: str, lang: str) -> str:
    """Return what people call a listing's field: `title`, `attributes.产地`, `images[0]` …; an unknown one as it is."""
    head, _, rest = field.partition(".")
    if head == "attributes" and rest:
        return rest
    if field.startswith("images[") and field[7:-1].isdigit():
        return say_in(lang, "field_image", number=int(field[7:-1]) + 1)
    return say_in(lang, f"field_{field}") if known(f"field_{field}") else field


def known(key: str) -> bool:
    """Say whether the catalogue has this key."""
    return key in _CATALOGUE


def catalogue() -> dict[str, tuple[str, str]]:
    """Return a copy of the whole catalogue: key → (Chinese, English)."""
    return dict(_CATALOGUE)
