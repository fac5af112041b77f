"""The egress check refuses every private address in every form that a browser or libc would take for it."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.egress import EgressPolicy, address_kind, normal_host, split_target
from guards.errors import EgressRefused, HostUnresolved, MarkwatchError

NOWHERE = EgressPolicy(resolver=lambda host, port: pytest.fail(f"{host} must not be looked up"))
FORBIDDEN_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
FORBIDDEN_V6 = [
    "::/128", "::1/128", "::/96", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "100::/64",
]  # fmt: skip


def in_network(text):
    network = ipaddress.ip_network(text)
    return st.integers(int(network.network_address), int(network.broadcast_address)).map(type(network.network_address))


forbidden_v4 = st.sampled_from(FORBIDDEN_V4).flatmap(in_network)
forbidden_v6 = st.sampled_from(FORBIDDEN_V6).flatmap(in_network)


def write_number(number, form):
    return {"dec": f"{number}", "hex": f"0x{number:x}", "HEX": f"0X{number:X}", "oct": f"0{number:o}"}[form]


@st.composite
def v4_forms(draw):
    """A forbidden IPv4 address in one of the forms of inet_aton: 1 to 4 parts, each decimal, octal or hex."""
    address = draw(forbidden_v4)
    number, parts = int(address), draw(st.integers(1, 4))
    values = [(number >> (24 - 8 * place)) & 255 for place in range(parts - 1)]
    values.append(number & ((1 << (8 * (5 - parts))) - 1))
    forms = [draw(st.sampled_from(["dec", "hex", "HEX", "oct"])) for _ in values]
    text = ".".join(map(write_number, values, forms))
    # Full-width digits and dots read the same in a browser.
    if draw(st.booleans()):
        text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789abcdefxABCDEFX"})
        text = text.replace(".", draw(st.sampled_from([".", "。", "．"])))
    return address, text + draw(st.sampled_from(["", "."]))


@given(v4_forms(), st.sampled_from(["http", "https", "HTTP"]))
def test_refuses_every_form_of_a_forbidden_v4_address(form, scheme):
    address, text = form
    with pytest.raises(EgressRefused):
        NOWHERE.check_url(f"{scheme}://{text}/x")
    with pytest.raises(EgressRefused):
        NOWHERE.check_address(str(address))


@given(forbidden_v6)
def test_refuses_forbidden_v6_addresses(address):
    for text in (f"[{address}]", f"[{address.exploded}]", f"[{address}]:8080"):
        with pytest.raises(EgressRefused):
            NOWHERE.check_url(f"http://{text}/")
    with pytest.raises(EgressRefused):
        NOWHERE.check_address(str(address))


@given(forbidden_v4)
def test_refuses_v6_addresses_that_carry_a_forbidden_v4_one(inner):
    number = int(inner)
    carriers = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x64FF9B0001 << 80) | number),
        ipaddress.IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF)),
        ipaddress.IPv6Address(number),
    ]
    for carrier in carriers:
        assert address_kind(carrier), carrier
        with pytest.raises(EgressRefused):
            NOWHERE.check_url(f"http://[{carrier}]/")


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_what_is_public_passes_and_nothing_else(address):
    public = address.is_global and not address.is_multicast and str(address) != "168.63.129.16"
    public = public and not any(address in ipaddress.ip_network(text) for text in FORBIDDEN_V4)
    if public:
        NOWHERE.check_url(f"http://{address}/")
    else:
        with pytest.raises(EgressRefused):
            NOWHERE.check_url(f"http://{address}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)", "//example.com/", "example.com", "", "http://",
        "http:///x", "http://user@example.com/", "http://example.com@127.0.0.1/", "http://example.com\\@127.0.0.1/",
        "http://exa mple.com/", "http://example.com/\r\nX: y", "http://example.com:0/", "http://example.com:99999/",
        "http://[::1", "http://1.2.3.4.5/", "http://foo.0x7f/", "http://foo.1/", "http://-a.com/", "http://a..b/",
        "http://%31%32%37.0.0.1/", "http://[fe80::1%25eth0]/", "gopher://127.0.0.1:25/", "data:text/html,x",
    ],
)  # fmt: skip
def test_refuses_what_is_no_plain_web_address(url):
    with pytest.raises(EgressRefused):
        NOWHERE.check_url(url)


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_otherwise(text):
    for url in (text, f"http://{text}/", f"http://{text}:80/"):
        try:
            split_target(url)
        except MarkwatchError:
            continue
    for entry in (text,):
        try:
            EgressPolicy([entry])
        except MarkwatchError:
            continue


@given(st.from_regex(re.compile(r"[a-z][a-z0-9-]{0,10}(\.[a-z]{2,6}){1,2}", re.ASCII), fullmatch=True))
def test_normalising_a_host_twice_changes_nothing(host):
    try:
        once = normal_host(host)
    except EgressRefused:
        return
    assert normal_host(once) == once
    assert normal_host(once.upper() + ".") == once


def resolving(**names):
    """A policy's resolver that knows these names; a missing one has no address."""

    def look_up(host, _port):
        if host not in names:
            raise OSError("unknown name")
        return names[host]

    return look_up


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["fe80::1%eth0"], ["nonsense"]])
def test_refuses_a_name_with_any_forbidden_address(addresses):
    policy = EgressPolicy(resolver=resolving(shop=addresses))
    with pytest.raises(EgressRefused, match="shop"):
        policy.check_url("http://shop/")


def test_returns_the_checked_addresses_of_a_name():
    policy = EgressPolicy(resolver=resolving(shop=["8.8.8.8", "2606:4700::1111"]))
    assert policy.resolve("Shop.", 443) == ["8.8.8.8", "2606:4700::1111"]


def test_a_name_without_an_address_is_unresolved():
    with pytest.raises(HostUnresolved):
        EgressPolicy(resolver=resolving()).check_url("http://nowhere.example/")
    with pytest.raises(HostUnresolved):
        EgressPolicy(resolver=lambda host, port: []).check_url("http://nowhere.example/")


def test_the_systems_resolver_is_asked_and_checked():
    with pytest.raises(EgressRefused, match="loopback"):
        EgressPolicy().check_url("http://localhost/")
    assert "127.0.0.1" in EgressPolicy({"localhost"}).resolve("localhost", 80)


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.1:8000", " 127.0.0.1:8000 ", "2130706433", "0x7f.1:8000"])
def test_an_allowed_host_is_reached(entry):
    EgressPolicy([entry]).check_url("http://127.0.0.1:8000/")
    EgressPolicy([entry]).check_address("127.0.0.1", "127.0.0.1:8000")


def test_allowing_one_port_allows_no_other():
    policy = EgressPolicy({"127.0.0.1:8000", "[::1]:9000"})
    policy.check_url("http://[::1]:9000/")
    for url in ("http://127.0.0.1/", "http://127.0.0.1:8001/", "http://127.0.0.2:8000/", "http://[::1]:8000/"):
        with pytest.raises(EgressRefused, match="MARKWATCH_ALLOW_HOSTS"):
            policy.check_url(url)


def test_a_strangers_name_for_an_allowed_address_is_refused():
    policy = EgressPolicy({"127.0.0.1"}, resolver=resolving(evil=["127.0.0.1"]))
    with pytest.raises(EgressRefused):
        policy.check_url("http://evil/")
    with pytest.raises(EgressRefused):
        policy.check_address("127.0.0.1", "evil:80")


def test_an_allowed_name_may_lie_anywhere():
    policy = EgressPolicy({"shop.local:8000"}, resolver=resolving(**{"shop.local": ["192.168.1.5"]}))
    assert policy.resolve("SHOP.local", 8000) == ["192.168.1.5"]
    with pytest.raises(EgressRefused):
        policy.resolve("shop.local", 80)


@pytest.mark.parametrize("entry", ["host:port", "host:0", "host:70000", "a b", "http://host/"])
def test_a_bad_entry_of_the_allow_list_is_refused(entry):
    with pytest.raises(EgressRefused):
        EgressPolicy([entry])


def test_international_names_are_compared_in_their_ascii_form():
    policy = EgressPolicy({"例子.测试"}, resolver=resolving(**{"xn--fsqu00a.xn--0zwm56d": ["10.0.0.1"]}))
    policy.check_url("http://例子.测试/")
    policy.check_url("http://xn--fsqu00a.xn--0zwm56d/")
