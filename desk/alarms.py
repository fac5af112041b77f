"""Alarms of a source in the words of the reader's language."""

from collections.abc import Iterable, Mapping

from desk.words import say

_FIELD, _RUNG = "field_lost", "other_rung"


def alarms_in_words(alarms: Iterable[Mapping[str, str]]) -> str:
    """Return alarms, as `watch list --json` has them, as one line; "" where there is none."""
    return say("alarms_join").join(map(_in_words, alarms))


def with_robots(text: str, robots: str) -> str:
    """Return a text about a source, and that its robots.txt is overridden where it is: no report leaves that out."""
    if robots != "overridden":
        return text
    return say("alarms_join").join(part for part in (text, say("robots_not_obeyed")) if part)


def _in_words(alarm: Mapping[str, str]) -> str:
    usual, found = alarm["usual"], alarm["found"]
    if alarm["kind"] == _FIELD:
        field, _, usual = usual.partition(" ")
        return say("alarm_field_lost", field=say(f"alarm_field_{field}"), usual=usual, found=found.partition(" ")[2])
    return say(f"alarm_{alarm['kind']}", usual=usual, found=found)
