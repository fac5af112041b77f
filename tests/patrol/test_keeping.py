"""Stamping files, listing and upgrading proofs, and checking packages: what stands between the commands and the rooms."""

from pathlib import Path

import pytest

from patrol.checking import known, trusted_keys, verify_package_file
from patrol.errors import Misused
from patrol.keeping import (
    capture_document,
    exhibit_document,
    find_exhibit,
    proof_rows,
    read_headers,
    stamp_files,
    upgrade_proofs,
    verify_proof_file,
)
from records.model import Artifact, Exhibit
from records.terms import CaptureOutcome


def quiet(_key: str, /, **_values: object) -> None:
    """Take progress and say nothing."""


@pytest.fixture
def stamping(make_house, calendar):
    """A house whose one calendar is a demo calendar on loopback."""
    return make_house(
        {
            "MARKWATCH_CALENDARS": calendar.url,
            "MARKWATCH_CALENDARS_QUORUM": "1",
            "MARKWATCH_ALLOW_HOSTS": calendar.host,
        }
    )


@pytest.fixture
def paper(tmp_path):
    """A file to stamp."""
    path = tmp_path / "笔录.txt"
    path.write_text("某日某时", "utf-8")
    return path


def test_a_taken_digest_has_its_proof_beside_the_file(stamping, paper):
    (row,) = stamp_files(stamping, [paper], quiet)
    assert row["accepted"] == 0, "a demo calendar never counts as an anchor"
    proof = paper.with_name("笔录.txt.ots")
    assert row["proof"] == str(proof)
    document, code = verify_proof_file(proof, paper, None, "zh")
    assert (code, document["state"]) in {(2, "pending"), (2, "unverifiable")}
    paper.write_text("某日某时,改", "utf-8")
    document, code = verify_proof_file(proof, paper, None, "zh")
    assert (code, document["state"]) == (1, "invalid")


def test_stamping_twice_makes_one_proof(stamping, paper):
    stamp_files(stamping, [paper], quiet)
    stamp_files(stamping, [paper], quiet)
    assert len(proof_rows(stamping)) == 1
    report = upgrade_proofs(stamping, quiet)
    assert report["submitted"] == 0
    assert report["waiting"] + report["verified"] == 1


def test_nothing_is_submitted_where_one_file_is_missing(stamping, paper, calendar):
    with pytest.raises(Misused, match="not a file"):
        stamp_files(stamping, [paper, paper.with_name("missing")], quiet)
    assert proof_rows(stamping) == []
    assert not calendar.submitted
    assert not paper.with_name("笔录.txt.ots").exists()


def test_without_a_calendar_the_digest_is_queued_and_no_proof_is_written(house, paper):
    (row,) = stamp_files(house, [paper], quiet)
    assert (row["proof"], row["accepted"]) == (None, 0)
    assert "queued" in row["reason"].lower()
    assert not paper.with_name("笔录.txt.ots").exists()


@pytest.mark.parametrize("missing", ["proof", "file", "headers"])
def test_a_missing_file_says_nothing_about_the_proof(tmp_path, missing):
    paths = {name: tmp_path / name for name in ("proof", "file", "headers")}
    for name, path in paths.items():
        if name != missing:
            path.write_bytes(b"x")
    with pytest.raises(Misused):
        verify_proof_file(paths["proof"], paths["file"], paths["headers"], "en")


@pytest.mark.parametrize("content", [b"", b"{}x", b"[]", b'{"headers": 1}', b"\xff\xfe", b"[" * 10_000])
def test_headers_that_are_none_are_misuse(tmp_path, content):
    path = tmp_path / "headers.json"
    path.write_bytes(content)
    with pytest.raises(Misused) as caught:
        read_headers(path)
    assert caught.value.next_step


@pytest.mark.parametrize("data", [b"", b"not a proof", b"\x00OpenTimestamps\x00\x00Proof\x00", b"\x00" * 100_000])
def test_a_file_that_is_no_proof_is_invalid_never_verified(tmp_path, data):
    proof, file = tmp_path / "p.ots", tmp_path / "f"
    proof.write_bytes(data)
    file.write_bytes(b"content")
    document, code = verify_proof_file(proof, file, None, "en")
    assert (document["state"], code) == ("invalid", 1)
    assert document["anchors"] == []


@pytest.mark.parametrize(
    "url", ["", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "http://", "http://[x/"]
)
def test_what_is_no_web_address_is_not_captured(house, tmp_path, url):
    with pytest.raises(Misused, match="http or https"):
        capture_document(house, url, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_exhibit_as_a_document(house):
    files = (Artifact("data/page.png", 10, "a" * 64, "b" * 64, "screenshot", "image/png"),)
    exhibit = Exhibit(
        "EV-1", "http://a.example/", CaptureOutcome.PARTIAL, house.now(), artifacts=files,
        lost=({"url": "http://a.example/x.png", "what": "404"},), reason="one picture is missing",
    )  # fmt: skip
    short, long = exhibit_document(exhibit, files=False), exhibit_document(exhibit, files=True)
    assert "files" not in short
    assert (short["file_count"], short["outcome"], short["lost"][0]["what"]) == (1, "partial", "404")
    assert long["files"] == [
        {"path": "data/page.png", "size": 10, "sha256": "a" * 64, "sm3": "b" * 64, "role": "screenshot",
         "media_type": "image/png"}
    ]  # fmt: skip
    with pytest.raises(Misused, match="EV-9"):
        find_exhibit(house, "EV-9")


class TestTrust:
    """Whose seals `verify` believes."""

    def test_the_homes_own_key_where_none_is_given(self, house):
        assert trusted_keys(lambda: house, ()) == []
        house.init()
        assert trusted_keys(lambda: house, ()) == [house.seal_key.verifier]

    def test_a_key_or_a_file_with_one_and_then_no_other(self, house, tmp_path):
        house.init()
        own = str(house.seal_key.verifier)
        (tmp_path / "key.txt").write_text(own + "\n")
        assert trusted_keys(lambda: house, [own]) == trusted_keys(lambda: house, [str(tmp_path / "key.txt")])
        assert len(trusted_keys(lambda: house, [own, own])) == 2

    @pytest.mark.parametrize("given", ["nokey", "/nowhere/key", "a+b", "name+00000000+AAAA"])
    def test_what_is_no_key_is_an_error_not_an_empty_trust(self, house, given):
        from guards.errors import MarkwatchError

        with pytest.raises(MarkwatchError) as caught:
            trusted_keys(lambda: house, [given])
        assert caught.value.exit_code == 3

    def test_a_home_that_cannot_be_opened_trusts_nothing(self, tmp_path):
        from patrol.errors import HomeUnusable

        def unusable():
            raise HomeUnusable("no", "")

        (tmp_path / "x.zip").write_bytes(b"no zip")
        assert trusted_keys(unusable, ()) == []
        assert verify_package_file(unusable, tmp_path / "x.zip", (), None, "en")["exit"] == 1


def test_a_check_asks_only_a_database_that_is_there_and_makes_none(make_house, env, tmp_path):
    def ask(**changes: str) -> dict[str, str]:
        return known(lambda: make_house(changes), "EV-01AAAAAAAAAAAAAAAAAAAAAAAA")

    home = Path(env["MARKWATCH_HOME"])
    assert ask() == {}
    assert not (home / "markwatch.db").exists()
    assert ask(MARKWATCH_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none") == {}
    home.mkdir(exist_ok=True)
    (home / "markwatch.db").write_bytes(b"no database" * 500)
    assert ask() == {}
    assert (home / "markwatch.db").read_bytes() == b"no database" * 500
