"""Cases: one a listing, numbers without gaps or doubles, whoever opens them at the same time."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest
from sqlalchemy import text

from records.errors import RecordsError
from records.model import Case
from records.store import Records


@pytest.fixture
def found(records: Records, sample: ModuleType) -> Records:
    """Records with twenty hits on ten listings."""
    records.rights.save(sample.RIGHTS)
    records.hits.save([sample.found(n, right=right) for n in range(10) for right in ("TM-1", "GI-1")])
    return records


def _hits(records: Records, number: int) -> list[str]:
    return [hit.id for hit in records.hits.for_listing(f"listing-{number}")]


def test_a_listing_has_one_case_that_gathers_its_hits(found: Records) -> None:
    first, second = _hits(found, 1)
    case = found.cases.open_for("listing-1", [first], "涉嫌")
    assert (case.number, case.title, case.hit_ids) == ("MW-2026-000001", "涉嫌", (first,))
    again = found.cases.open_for("listing-1", [second, first], "another title")
    assert again == replace(case, hit_ids=(first, second))
    assert found.cases.open_for("listing-2", _hits(found, 2), "x").number == "MW-2026-000002"
    assert found.cases.for_listing("listing-1") == again
    assert found.cases.for_listing("listing-9") is None
    assert found.cases.get(case.id) == found.cases.get(case.number) == again
    assert found.cases.get("MW-2026-000099") is None
    assert [one.number for one in found.cases.all()] == ["MW-2026-000001", "MW-2026-000002"]
    assert found.cases.all()[0] == again


def test_numbers_begin_anew_each_year(found: Records) -> None:
    found.cases.open_for("listing-1", [], "t")
    found.cases._clock.now = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    assert found.cases.open_for("listing-2", [], "t").number == "MW-2027-000001"


def test_a_failed_opening_gives_its_number_back(found: Records) -> None:
    with pytest.raises(RecordsError):
        found.cases.open_for("listing-1", ["no such hit"], "t")
    assert found.cases.all() == []
    assert found.cases.open_for("listing-2", [], "t").number == "MW-2026-000001"


def test_openers_at_the_same_time_leave_no_gap_and_no_double(found: Records) -> None:
    hits = {number: _hits(found, number) for number in range(10)}
    errors: list[RecordsError] = []

    def work(turn: int) -> None:
        try:
            for number in sorted(range(10), key=lambda n: (n * 7 + turn * 3) % 10):
                found.cases.open_for(f"listing-{number}", [hits[number][turn % 2]], "t")
        except RecordsError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    cases = found.cases.all()
    assert sorted(case.number for case in cases) == [f"MW-2026-{n:06d}" for n in range(1, 11)]
    assert sorted(hit for case in cases for hit in case.hit_ids) == sorted(
        hit for pair in hits.values() for hit in pair
    )


def test_a_case_is_saved_as_it_is(found: Records, sample: ModuleType) -> None:
    first, second = _hits(found, 1)
    case = Case("C1", "MW-2025-000007", "旧案", (second, first), sample.AT)
    found.cases.save(case)
    assert found.cases.get("C1") == case
    found.cases.save(replace(case, hit_ids=(first,), title="旧案二"))
    assert found.cases.get("MW-2025-000007") == replace(case, hit_ids=(first,), title="旧案二")
    opened = found.cases.open_for("listing-2", _hits(found, 2), "t")
    found.cases.save(replace(opened, title="改"))
    assert found.cases.for_listing("listing-2") == replace(opened, title="改")


def test_a_number_is_used_once(found: Records) -> None:
    found.cases.open_for("listing-1", [], "t")
    with pytest.raises(Exception, match=r"(?i)unique"), found.sessions.begin() as session:
        session.execute(
            text("INSERT INTO cases (id, number, title, opened_at) SELECT 'C2', number, title, opened_at FROM cases")
        )
    assert len(found.cases.all()) == 1
