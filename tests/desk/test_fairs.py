"""`markwatch fairs`: list, show, ical."""

from datetime import UTC, date, datetime

from records.crawl import Exhibitor, Fair


def test_fairs_are_listed_shown_and_written_as_a_calendar(cli, tmp_path):
    from patrol.app import build

    cli("init")
    assert "no fairs yet" in cli("fairs", "list").out
    app = build()
    seen = datetime(2026, 4, 1, tzinfo=UTC)
    app.records.fairs.save(
        Fair(
            "f1",
            "w",
            "https://fair.example/",
            "戈壁展",
            seen,
            date(2026, 5, 1),
            date(2026, 5, 3),
            "馆",
            (Exhibitor("岚沟酒业", "A1"),),
        )
    )
    app.close()
    (row,) = cli("fairs", "list", "--json").document["fairs"]
    assert (row["name"], row["starts"], row["exhibitors"]) == ("戈壁展", "2026-05-01", 1)
    assert "2026-05-01 – 2026-05-03" in cli("fairs", "list").out
    assert cli("fairs", "show", "戈壁展", "--json").document["exhibitors"][0]["booth"] == "A1"
    assert "岚沟酒业" in cli("fairs", "show", "f1").out
    assert cli("fairs", "show", "别的").code == 3
    out = tmp_path / "fairs.ics"
    assert cli("fairs", "ical", "--out", out, "--json").document == {"file": str(out), "fairs": 1}
    assert out.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
