"""`markwatch prune`: what it prints, and its bad input."""

import pytest


def test_prune_says_what_it_forgot_and_the_trail_holds_it(cli):
    assert cli("init").code == 0
    told = cli("prune", "--dry-run", "--json")
    assert told.code == 0
    assert (told.document["dry_run"], told.document["listings"], told.document["files"]) == (True, 0, 0)
    done = cli("prune", "--older-than", "30")
    assert done.code == 0
    assert "0 listings" in done.out
    assert "网页记录 0" in cli("prune", env={"MARKWATCH_LANG": "zh"}).out


@pytest.mark.parametrize("days", ["0", "-1", "x", "1e3", "99999999999"])
def test_days_that_make_no_sense_are_misuse(cli, days):
    ran = cli("prune", "--older-than", days)
    assert ran.code == 3
    assert "days from 1" in ran.err or "36500" in ran.err or "--older-than" in ran.err
