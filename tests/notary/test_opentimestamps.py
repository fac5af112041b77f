"""What is particular to OpenTimestamps calendars: their URLs, operators, and where their answers may send us."""

import pytest

from notary import ots, otsops
from notary.anchors.opentimestamps import MAX_COMMITMENT_BYTES, build, operator_of
from notary.errors import AnchorLied, AnchorMisconfigured, AnchorUnreachable
from notary.ots import Node


def answer_naming(uri: str) -> bytes:
    root = Node(bytes(32))
    root.add((otsops.APPEND, b"a")).add((otsops.SHA256, b"")).attestations.add(otsops.pending(uri))
    return ots.serialize_tree(root)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("file:///etc/passwd", "http or https"),
        ("ftp://a.example", "http or https"),
        ("gopher:x", "http or https"),
        ("", "http or https"),
        ("http://169.254.169.254/latest", "link-local"),
        ("http://127.0.0.1:22", "loopback"),
        ("http://10.0.0.1", "private"),
        ("http://2130706433/", "loopback"),
        ("http://0x7f.1/", "loopback"),
        ("http://100.64.0.1", "shared"),
        ("http:///x", "host"),
    ],
)
def test_an_answer_that_sends_us_where_we_must_not_go(server, reply, reach_of, uri, reason):
    calendar = build(server.url, reach_of(server.host))
    server.answer(reply(answer_naming(uri)))
    with pytest.raises(AnchorLied, match=reason):
        calendar.submit(bytes(32))


def test_a_name_is_checked_when_it_is_asked(server, reply, reach_of, new_server):
    inner = new_server()
    calendar = build(server.url, reach_of(server.host))
    with pytest.raises(AnchorUnreachable, match="loopback"):
        calendar.upgrade(bytes(44), inner.url)
    assert inner.asked == []


def test_a_public_name_is_not_asked_when_submitting(server, reply, reach_of):
    calendar = build(server.url, reach_of(server.host))
    server.answer(reply(answer_naming("https://calendar.example")))
    ((_, item),) = ots.attestations(calendar.submit(bytes(32)))
    assert item.uri == "https://calendar.example"
    assert len(server.asked) == 1


def test_the_public_protocols_paths(server, reply, reach_of):
    calendar = build(f"{server.url}/base/", reach_of(server.host))
    server.answer(reply(answer_naming(server.url)))
    calendar.submit(bytes(32))
    calendar.upgrade(b"\xab" * 44, f"{server.url}/")
    assert [(method, path) for method, path, _, _ in server.asked] == [
        ("POST", "/base/digest"),
        ("GET", "/timestamp/" + "ab" * 44),
    ]
    assert server.asked[0][3]["Accept"] == "application/vnd.opentimestamps.v1"


def test_a_commitment_too_long_for_a_url(server, reach_of):
    calendar = build(server.url, reach_of(server.host))
    with pytest.raises(AnchorLied, match="commitment"):
        calendar.upgrade(bytes(MAX_COMMITMENT_BYTES + 1), server.url)
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "file:///x",
        "https://a.example/?q=1",
        "https://a.example/#x",
        "https://u:p@a.example",
        "https://例.example",
    ],
)
def test_what_is_no_calendars_url(reach_of, url):
    with pytest.raises(AnchorMisconfigured):
        build(url, reach_of())


@pytest.mark.parametrize(
    ("url", "operator"),
    [
        ("https://a.pool.opentimestamps.org", "opentimestamps.org"),
        ("https://alice.btc.calendar.opentimestamps.org", "opentimestamps.org"),
        ("https://finney.calendar.eternitywall.com", "eternitywall.com"),
        ("https://ots.example.com.cn", "example.com.cn"),
        ("https://example.cn", "example.cn"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("https://localhost", "localhost"),
    ],
)
def test_calendars_of_one_domain_are_one_operators(url, operator):
    assert operator_of(url) == operator


def test_a_demo_says_so_in_its_name(reach_of):
    calendar = build("http://127.0.0.1:5000/demo-calendar", reach_of())
    assert (calendar.demo, calendar.name, calendar.operator) == (
        True,
        "demo/127.0.0.1:5000/demo-calendar",
        "markwatch-demo",
    )


@pytest.mark.parametrize(
    "item", [otsops.attestation(b"12345678", b"x"), otsops.attestation(otsops.LITECOIN_TAG, b"\x01")]
)
def test_an_answer_that_cannot_be_followed_up_is_no_promise(server, reply, reach_of, item):
    root = Node(bytes(32))
    root.add((otsops.SHA256, b"")).attestations.add(item)
    server.answer(reply(ots.serialize_tree(root)))
    with pytest.raises(AnchorLied, match="followed up"):
        build(server.url, reach_of(server.host)).submit(bytes(32))
