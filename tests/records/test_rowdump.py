"""Rows as JSON lines: any value that a column can hold comes back equal, on and between the engines."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import migrate
from records.engine import open_engine
from records.errors import BackupError
from records.model import Authorization, Right, Seller
from records.rowdump import _tagged, _untagged, dump_rows, holds_rows, load_rows
from records.store import Records
from records.terms import JobKind, RightKind

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.binary(max_size=20)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
)


@given(st.lists(VALUES, max_size=6))
def test_every_value_comes_back(values: list[object]) -> None:
    line = json.dumps([_tagged(value) for value in values])
    back = [_untagged(value) for value in json.loads(line)]
    assert back == values
    assert [type(value) for value in back] == [type(value) for value in values]


def test_naive_times_of_a_driver_count_as_utc() -> None:
    naive = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - as SQLite's driver gives it
    assert _tagged(naive) == {"t": "2026-01-01T08:00:00Z"}


@pytest.mark.parametrize(
    "value", [{}, {"t": 5}, {"t": "x"}, {"d": None}, {"b": "é"}, {"b": "abc"}, {"x": "y", "t": "z"}]
)
def test_a_broken_value_is_refused(value: object) -> None:
    with pytest.raises(BackupError, match="broken"):
        _untagged(value)


def _dump(store: Records) -> bytes:
    stream = io.BytesIO()
    dump_rows(store.engine, stream)
    return stream.getvalue()


WORD = st.text(st.characters(), max_size=15)


@given(names=st.lists(WORD, max_size=4), day=st.dates(date(1, 1, 1), date(9999, 12, 31)))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_rows_move_to_a_new_database(records: Records, tmp_path: Path, names: list[str], day: date) -> None:
    records.rights.save([Right("R", RightKind.GI, "名", aliases=tuple(names), valid_from=day)])
    for number, name in enumerate(names):
        records.sellers.save(Seller(f"S{number}", "src", name))
        records.rights.save_authorization(Authorization(f"A{number}", "R", name, "", day))
    data = _dump(records)
    path = tmp_path / "new.db"
    path.unlink(missing_ok=True)
    migrate.upgrade(f"sqlite:///{path}")
    target = Records(open_engine(f"sqlite:///{path}"))
    assert not holds_rows(target.engine)
    with target.engine.begin() as connection:
        assert load_rows(connection, io.BytesIO(data)) == data.count(b"\n") - data.count(b'{"table"')
    assert target.sellers.all() == records.sellers.all()
    assert target.rights.all() == records.rights.all()
    assert target.rights.all_authorizations() == records.rights.all_authorizations()
    assert _dump(target) == data
    target.close()


def test_a_dump_loads_only_into_empty_tables(filled: Records) -> None:
    data = _dump(filled)
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"), filled.engine.begin() as connection:
        load_rows(connection, io.BytesIO(data))
    assert _dump(filled) == data


def test_more_rows_than_a_batch(records: Records, sample: ModuleType) -> None:
    for number in range(3):
        records.jobs.enqueue(JobKind.STAMP, str(number))
    records.rights.save([Right(f"R{number:04}", RightKind.WORK, "画") for number in range(1201)])
    data = _dump(records)
    assert data.count(b"\n") == 1204 + data.count(b'{"table"')
    assert holds_rows(records.engine)
