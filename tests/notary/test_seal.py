import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary.errors import KeyProblem, NotaryError, NoteMalformed, SignatureInvalid, UntrustedNote
from notary.seal import MAX_NOTE_BYTES, SealKey, VerifierKey, open_note, sign_note, split_note

KEY = SealKey("markwatch/seal", bytes(range(32)))
OTHER = SealKey("markwatch/seal", bytes(range(1, 33)))
# The example of Go's golang.org/x/mod/sumdb/note package, which C2SP signed-note describes.
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def note(*lines: str) -> str:
    return sign_note("markwatch/seal/EV-1", lines or ("sha256 00 evidence.json",), KEY)


def test_a_note_opens_with_its_key():
    opened = open_note(note("a", "b"), [KEY.verifier])
    assert (opened.origin, opened.lines, opened.signers) == ("markwatch/seal/EV-1", ("a", "b"), (KEY.verifier,))


def test_gos_own_example_opens():
    opened = open_note(GO_NOTE, [GO_KEY])
    assert opened.text == GO_TEXT
    assert str(opened.signers[0]) == GO_KEY


def test_equal_text_and_key_give_equal_bytes():
    assert note() == note()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_changed_character_is_found(data):
    text = note("sha256 1234 evidence.json")
    index = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E).filter(lambda ch: ch != text[index]))
    with pytest.raises((NoteMalformed, SignatureInvalid, UntrustedNote)):
        open_note(text[:index] + put + text[index + 1 :], [KEY.verifier])


@given(st.text(max_size=300))
def test_garbage_raises_nothing_but_our_own(text):
    with pytest.raises(NotaryError):
        open_note(text, [KEY.verifier])


@given(st.lists(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_any_lines_come_back(lines):
    assert list(open_note(sign_note("origin", lines, KEY), [KEY.verifier]).lines) == lines


def test_an_untrusted_key_is_told_from_a_bad_signature():
    with pytest.raises(UntrustedNote):
        open_note(note(), [OTHER.verifier])
    forged = sign_note("markwatch/seal/EV-1", ["sha256 ff evidence.json"], OTHER).rpartition("— ")[2]
    raw = base64.b64decode(forged.split(" ")[1])
    line = base64.b64encode(bytes.fromhex(KEY.verifier.key_id) + raw[4:]).decode()
    with pytest.raises(SignatureInvalid):
        open_note(f"markwatch/seal/EV-1\nsha256 ff evidence.json\n\n— markwatch/seal {line}\n", [KEY.verifier])


def test_one_bad_signature_spoils_a_good_one():
    text = note()
    bad = base64.b64encode(bytes.fromhex(KEY.verifier.key_id) + bytes(64)).decode()
    with pytest.raises(SignatureInvalid):
        open_note(text + f"— {KEY.name} {bad}\n", [KEY.verifier])


def test_unknown_signatures_are_named_and_passed_over():
    second = sign_note("markwatch/seal/EV-1", ("sha256 00 evidence.json",), OTHER).rpartition("\n\n")[2]
    opened = open_note(note() + second, [KEY.verifier])
    assert opened.signers == (KEY.verifier,)
    assert opened.unknown == (f"{OTHER.name}+{OTHER.verifier.key_id}",)
    assert len(open_note(note() + second, [KEY.verifier, str(OTHER.verifier)]).signers) == 2


def test_the_same_signature_twice_counts_once():
    text = note()
    assert open_note(text + text.rpartition("\n\n")[2], [KEY.verifier]).signers == (KEY.verifier,)


def test_two_trusted_keys_that_collide_are_refused(monkeypatch):
    monkeypatch.setattr(VerifierKey, "key_id", property(lambda self: "00000000"))
    with pytest.raises(KeyProblem, match="share"):
        open_note(note(), [KEY.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "only text\n",
        "text\n\n",
        "text\n\n— a\n",
        "text\n\n— a b",
        "text\n\n- markwatch/seal AAAAAAAA\n",
        "text\n\n— markwatch/seal !!!!\n",
        "text\n\n— markwatch/seal AAAA\n",
        "text\n\n— markwatch/seal AAAAAAB=\n",
        "text\n\n— a+b AAAAAAAAAAAA\n",
        "te\tx\n\n— markwatch/seal AAAAAAAAAAAA\n",
        "te\x00x\n\n— markwatch/seal AAAAAAAAAAAA\n",
        "te\rx\n\n— markwatch/seal AAAAAAAAAAAA\n",
        "te\ud800x\n\n— markwatch/seal AAAAAAAAAAAA\n",
        "text\n\n— markwatch/seal AAAAAAAAAAAA\n\n",
    ],
)
def test_malformed_notes(text):
    with pytest.raises(NoteMalformed):
        open_note(text, [KEY.verifier])


def test_bounds():
    with pytest.raises(NoteMalformed, match="at most"):
        open_note("x" * (MAX_NOTE_BYTES + 1), [KEY.verifier])
    with pytest.raises(NoteMalformed, match="signatures"):
        open_note("text\n\n" + "— a AAAAAAAAAAAA\n" * 101, [KEY.verifier])


def test_text_with_an_empty_line_is_split_at_the_last_one():
    text, signatures = split_note(sign_note("o", ["", "after"], KEY))
    assert text == "o\n\nafter\n"
    assert len(signatures) == 1


@pytest.mark.parametrize("lines", [["a\nb"], ["a\tb"], ["\ud800"]])
def test_lines_that_no_note_can_hold(lines):
    with pytest.raises(NoteMalformed):
        sign_note("origin", lines, KEY)


def test_an_origin_is_needed():
    with pytest.raises(NoteMalformed):
        sign_note("", ["a"], KEY)


def test_a_key_file_comes_back_and_is_its_owners(tmp_path):
    path = tmp_path / "keys" / "seal.key"
    key = SealKey.generate()
    key.save(path)
    assert SealKey.load(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["seal.key"]


def test_a_key_is_never_written_over(tmp_path):
    path = tmp_path / "seal.key"
    KEY.save(path)
    with pytest.raises(KeyProblem, match="already"):
        OTHER.save(path)
    assert SealKey.load(path) == KEY
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o640])
def test_a_key_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "seal.key"
    KEY.save(path)
    path.chmod(mode)
    with pytest.raises(KeyProblem, match="chmod 600"):
        SealKey.load(path)


def test_the_umask_does_not_widen_a_key(tmp_path):
    before = os.umask(0)
    try:
        KEY.save(tmp_path / "seal.key")
    finally:
        os.umask(before)
    assert (tmp_path / "seal.key").stat().st_mode & 0o777 == 0o600


def test_secrets_stay_out_of_reprs_and_messages(tmp_path):
    path = tmp_path / "seal.key"
    KEY.save(path)
    text = path.read_text()
    assert KEY.secret.hex() not in repr(KEY)
    assert base64.b64encode(b"\x01" + KEY.secret).decode() not in repr(KEY)
    for broken in (
        text[:-10],
        text.replace("+", "-", 3),
        text.replace("PRIVATE", "PUBLIC"),
        text[:40] + "0" + text[41:],
    ):
        with pytest.raises(KeyProblem) as caught:
            SealKey.parse(broken.strip())
        assert text.strip().rsplit("+", 1)[1][:12] not in str(caught.value)


def test_a_missing_key_names_the_next_step(tmp_path):
    with pytest.raises(KeyProblem, match="markwatch init"):
        SealKey.load(tmp_path / "none.key")


def test_verifier_keys_come_back():
    assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert str(KEY.verifier).startswith("markwatch/seal+")


@pytest.mark.parametrize(
    "text", ["", "a+b", "a b+00000000+AAAA", "a+00000000+!!!!", "+00000000+AAAA", "x" * 2000, "a+1+AQ=="]
)
def test_malformed_verifier_keys(text):
    with pytest.raises(KeyProblem):
        VerifierKey.parse(text)


def test_a_verifier_key_whose_id_does_not_fit():
    name, _, raw = str(KEY.verifier).partition("+")[0], "", str(KEY.verifier).split("+", 2)[2]
    with pytest.raises(KeyProblem, match="id should be"):
        VerifierKey.parse(f"{name}+00000000+{raw}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "x" * 201])
def test_names_that_notes_cannot_carry(name):
    with pytest.raises(KeyProblem):
        SealKey.generate(name)
