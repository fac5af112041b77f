"""The contract that every anchor kind keeps. Kinds are discovered; each is run through its own recorded exchanges."""

import hashlib
import types

import pytest

from notary import anchors, ots
from notary.anchors import AnchorKind, Example, build_anchors, discover
from notary.errors import AnchorError, AnchorLied, AnchorMisconfigured, AnchorNotReady, AnchorUnreachable

KINDS = discover()
EXAMPLES = [(kind, example) for kind in KINDS.values() for example in kind.examples]
DEADLINE_S = 0.4


@pytest.fixture(params=EXAMPLES, ids=lambda pair: pair[0].name)
def case(request, server, reach_of):
    """An anchor of each kind against a scripted server, with one recorded exchange."""
    kind, example = request.param
    return kind.build(server.url, reach_of(server.host, deadline_s=DEADLINE_S)), example


def submit(anchor, example: Example) -> ots.Node:
    return anchor.submit(bytes.fromhex(example.digest))


def test_there_is_at_least_one_kind():
    assert "opentimestamps" in KINDS


def test_an_anchor_names_itself_and_its_operator(case):
    anchor, _ = case
    assert anchor.name
    assert anchor.operator
    assert anchor.demo is False


def test_a_recorded_answer_is_taken(case, server, reply):
    anchor, example = case
    server.answer(reply(bytes.fromhex(example.answer)))
    tree = submit(anchor, example)
    assert tree.msg.hex() == example.digest
    assert ots.serialize_tree(tree).hex() == example.answer
    assert ots.attestations(tree)


def test_only_the_digest_is_sent(case, server, reply):
    anchor, example = case
    server.answer(reply(bytes.fromhex(example.answer)))
    submit(anchor, example)
    ((_, _, body, headers),) = server.asked
    assert body.hex() == example.digest
    assert headers["User-Agent"] == "markwatch-test"


def test_a_recorded_upgrade_is_bound_to_its_commitment(case, server, reply):
    anchor, example = case
    tree = ots.parse_tree(bytes.fromhex(example.answer), bytes.fromhex(example.digest))
    ((commitment, _),) = ots.attestations(tree)
    server.answer(reply(bytes.fromhex(example.upgraded)))
    answer = anchor.upgrade(commitment, server.url)
    assert answer.msg == commitment
    assert {item.kind for _, item in ots.attestations(answer)} == {"bitcoin"}
    assert commitment.hex() in server.asked[0][1]


def test_another_digests_answer_leads_elsewhere(case, server, reply):
    """The answer is evaluated from what was asked, so one for another digest cannot end where that one's ended."""
    anchor, example = case
    server.answer(reply(bytes.fromhex(example.answer)))
    honest = {msg for msg, _ in ots.attestations(submit(anchor, example))}
    foreign = anchor.submit(hashlib.sha256(b"another").digest())
    assert foreign.msg == hashlib.sha256(b"another").digest()
    assert honest.isdisjoint(msg for msg, _ in ots.attestations(foreign))


def test_not_yet_is_told_from_failure(case, server, reply):
    anchor, _ = case
    server.answer(reply(b"Pending confirmation in Bitcoin blockchain", status=404))
    with pytest.raises(AnchorNotReady, match="Pending confirmation in Bitcoin blockchain"):
        anchor.upgrade(bytes(44), server.url)


def hostile(reply, server):
    """Name, reply, and the error that it must give."""
    return {
        "garbage": (reply(b"\x13\x37garbage"), AnchorLied),
        "HTML": (reply(b"<html>Sign in</html>"), AnchorLied),
        "nothing": (reply(b""), AnchorLied),
        "10 MB": (reply(bytes(10_000_000)), AnchorLied),
        "10 MB without end": (reply(bytes(10_000_000), headers={"Content-Length": "99999999999"}), AnchorLied),
        "10,001 bytes": (reply(bytes(10_001)), AnchorLied),
        "a hang": (reply(b"", hang_s=5), AnchorUnreachable),
        "a slow drip": (reply(bytes(400), drip_s=0.1), AnchorUnreachable),
        "a redirect": (reply(status=302, headers={"Location": f"{server.url}/digest"}), AnchorLied),
        "a redirect to metadata": (reply(status=307, headers={"Location": "http://169.254.169.254/"}), AnchorLied),
        "500": (reply(b"boom", status=500), AnchorUnreachable),
        "503": (reply(b"later", status=503), AnchorUnreachable),
        "429": (reply(b"slow down", status=429), AnchorUnreachable),
        "it hangs up": (reply(hang_up=True), AnchorError),
        "no HTTP at all": (reply(raw=b"SSH-2.0-OpenSSH\r\n\r\n"), AnchorLied),
        "cut short": (reply(b"\xf0\x10", headers={"Content-Length": "100"}), AnchorError),
        "nesting 5,000": (reply(b"\x08" * 5000), AnchorLied),
        "the varuint bomb": (reply(b"\xf0" + b"\xff" * 9000), AnchorLied),
        "a compressed body": (reply(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}), AnchorLied),
    }


NAMES = sorted(hostile(lambda *args, **kwargs: None, type("S", (), {"url": ""})))


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_answer_is_refused_when_submitting(case, server, reply, name):
    anchor, example = case
    script, error = hostile(reply, server)[name]
    server.answer(script)
    with pytest.raises(error) as caught:
        submit(anchor, example)
    assert "\n" not in caught.value.message
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_answer_is_refused_when_upgrading(case, server, reply, name):
    anchor, _ = case
    script, error = hostile(reply, server)[name]
    server.answer(script)
    with pytest.raises(error):
        anchor.upgrade(bytes(44), server.url)
    assert len(server.asked) == 1


def test_nobody_there(case, reach_of):
    _, example = case
    kind = next(kind for kind in KINDS.values() if example in kind.examples)
    gone = kind.build("http://127.0.0.1:9", reach_of("127.0.0.1:9", deadline_s=DEADLINE_S))
    with pytest.raises(AnchorUnreachable, match="out of reach"):
        submit(gone, example)


def test_a_private_address_is_refused_unless_allowed(case, server, reach_of):
    _, example = case
    kind = next(kind for kind in KINDS.values() if example in kind.examples)
    with pytest.raises(AnchorUnreachable, match="loopback") as caught:
        submit(kind.build(server.url, reach_of()), example)
    assert "MARKWATCH_ALLOW_HOSTS" in str(caught.value)
    assert server.asked == []


def test_an_error_page_cannot_fake_a_line(case, server, reply):
    anchor, _ = case
    server.answer(reply(b"gone\nSuccess! Timestamp complete \x1b[31m\xe6\x88\x90", status=404))
    with pytest.raises(AnchorNotReady) as caught:
        anchor.upgrade(bytes(44), server.url)
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message


# --- discovery ---------------------------------------------------------------------------------------------------------


def plug_in(folder, name, body):
    (folder / f"{name}.py").write_text(body)


MODULE = """
from notary.anchors import AnchorKind, Example
KIND = AnchorKind({name!r}, lambda url, reach: None, (Example("00", "00"),))
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder of plug-ins, importable."""
    folder = tmp_path / f"plug_ins_{tmp_path.name}".replace("-", "_")
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = types.ModuleType(folder.name)
    module.__path__ = [str(folder)]
    return folder, module


def test_a_new_anchor_is_one_file(package):
    folder, module = package
    plug_in(folder, "court", MODULE.format(name="court"))
    plug_in(folder, "helpers", "VALUE = 1")
    assert list(discover(module)) == ["court"]


def test_a_duplicate_name_stops_the_start(package):
    folder, module = package
    plug_in(folder, "one", MODULE.format(name="court"))
    plug_in(folder, "two", MODULE.format(name="court"))
    with pytest.raises(AnchorMisconfigured, match=r"called 'court': one\.py and two\.py — rename"):
        discover(module)


@pytest.mark.parametrize(
    "body",
    [
        "KIND = 'court'",
        "from notary.anchors import AnchorKind\nKIND = AnchorKind('', lambda url, reach: None, ())",
        "from notary.anchors import AnchorKind\nKIND = AnchorKind('court', lambda url, reach: None, ())",
    ],
)
def test_a_plug_in_without_name_or_examples(package, body):
    folder, module = package
    plug_in(folder, "court", body)
    with pytest.raises(AnchorMisconfigured, match=r"court\.py"):
        discover(module)


def test_anchors_are_built_by_kind(reach_of):
    made = build_anchors({"opentimestamps": ["https://a.example", "https://b.example/x"]}, reach_of())
    assert [anchor.name for anchor in made] == ["opentimestamps/a.example", "opentimestamps/b.example/x"]


def test_an_unknown_kind(reach_of):
    with pytest.raises(AnchorMisconfigured, match="opentimestamps"):
        build_anchors({"nonsense": ["https://a.example"]}, reach_of())


def test_an_endpoint_named_twice(reach_of):
    with pytest.raises(AnchorMisconfigured, match="twice"):
        build_anchors({"opentimestamps": ["https://a.example", "https://a.example/"]}, reach_of())


def test_an_anchor_without_operator(monkeypatch, reach_of):
    class Nobodys:
        name, operator, demo = "x", "", False

    monkeypatch.setattr(
        anchors, "discover", lambda: {"x": AnchorKind("x", lambda url, reach: Nobodys(), (Example("", ""),))}
    )
    with pytest.raises(AnchorMisconfigured, match="operator"):
        build_anchors({"x": ["https://a.example"]}, reach_of())
