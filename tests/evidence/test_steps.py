"""The steps of verification, one by one, on bags made here: what each finds, in words, and what it lets pass."""

import hashlib
import json

import pytest
import rfc8785

from evidence.capture.wacz import surt
from evidence.verify.bagsteps import (
    BAG_INFO,
    TAG_FILES,
    BagView,
    FileDigests,
    canonical_json,
    check_declaration,
    check_evidence,
    check_manifests,
    mark_all_ok,
)
from evidence.verify.capturesteps import (
    built_at,
    check_capture,
    check_certificates,
    check_custody,
    exchanges_of,
    names_host,
)
from evidence.verify.verdict import EXTRA, MISSING, OK, STATES, STEPS, Findings, ProofStanding, Reason, Verdict

ID = "EV-01AAAAAAAAAAAAAAAAAAAAAAAA"


def digests(data):
    return FileDigests(
        len(data),
        hashlib.sha256(data).hexdigest(),
        hashlib.sha512(data).hexdigest(),
        hashlib.new("sm3", data).hexdigest(),
    )


def view(files):
    """Return a bag of these files, all of them looked into."""
    return BagView(ID, {path: digests(data) for path, data in files.items()}, dict(files))


def lines(algorithm, files):
    return "".join(
        f"{hashlib.new(algorithm, data).hexdigest()}  {path}\n" for path, data in sorted(files.items())
    ).encode()


def small_bag(**payload):
    """Return the files of a tiny bag that passes steps 3 to 5; `payload` maps names below data/ to bytes."""
    data = {f"data/{name}": value for name, value in (payload or {"a_txt": b"hello"}).items()}
    oxum = f"{sum(map(len, data.values()))}.{len(data)}"
    info = f"Bag-Software-Agent: test\nBagging-Date: 2026-11-22\nExternal-Identifier: {ID}\nPayload-Oxum: {oxum}\n"
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": info.encode(),
        "manifest-sha256.txt": lines("sha256", data),
        "manifest-sha512.txt": lines("sha512", data),
    }
    tops = {f"tagmanifest-{name}.txt": lines(name, tags) for name in ("sha256", "sha512")}
    return {**data, **tags, **tops}


def run(step, files):
    """Run one step over these files; return what it noted as (step, path below the bag, text) and the file states."""
    found, bag = Findings(), view(files)
    mark_all_ok(bag, found)
    step(bag, found)
    noted = [(item.step, item.path.removeprefix(f"{ID}/"), item.what) for item in found.reasons]
    return noted, {path.removeprefix(f"{ID}/"): state for path, state in found.files.items()}


# --- step 3 ----------------------------------------------------------------------------------------------------------


def test_a_declaration_that_holds():
    noted, states = run(check_declaration, small_bag())
    assert noted == []
    assert set(states.values()) == {OK}


@pytest.mark.parametrize("name", TAG_FILES)
def test_each_tag_file_must_be_there(name):
    files = small_bag()
    del files[name]
    noted, states = run(check_declaration, files)
    assert (3, name, "the bag has no such file") in noted
    assert states[name] == MISSING


@pytest.mark.parametrize("name", ["fetch.txt", "notes.txt", "tagmanifest-md5.txt", "meta/info.json", "Data/a_txt"])
def test_no_other_tag_file_may_be_there(name):
    noted, states = run(check_declaration, {**small_bag(), name: b"x"})
    assert [item[:2] for item in noted] == [(3, name)]
    assert states[name] == EXTRA
    assert ("fetches nothing" in noted[0][2]) is (name == "fetch.txt")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"Payload-Oxum: 5.1", b"Payload-Oxum: 6.1", "Payload-Oxum 5.1"),
        (b"Payload-Oxum: 5.1", b"Payload-Oxum: 5.2", "Payload-Oxum 5.1"),
        (b"Payload-Oxum: 5.1\n", b"", "found None"),
        (ID.encode(), b"EV-01BBBBBBBBBBBBBBBBBBBBBBBB", "External-Identifier"),
        (b"Bagging-Date: 2026-11-22\n", b"", "each once"),
        (b"Bagging-Date: 2026-11-22\n", b"Bagging-Date: 2026-11-22\nBagging-Date: 2026-11-23\n", "each once"),
        (b"Bagging-Date: 2026-11-22\n", b"Bagging-Date: 2026-11-22\nContact-Name: somebody\n", "each once"),
        (b"Bag-Software-Agent: test", b"Bag-Software-Agent: \xff\xfe", ""),
    ],
)
def test_bag_info_that_does_not_fit(old, new, said):
    files = small_bag()
    files["bag-info.txt"] = files["bag-info.txt"].replace(old, new)
    noted, _ = run(check_declaration, files)
    if said:
        assert any(said in what for _, path, what in noted if path == "bag-info.txt"), noted
    else:
        assert noted == [], "step 4 finds the changed bytes"
        assert run(check_manifests, files)[0]


def test_the_fields_of_bag_info_are_those_that_the_builder_writes(sealed):
    text = sealed.bag()["bag-info.txt"].decode()
    assert tuple(line.partition(":")[0] for line in text.splitlines()) == BAG_INFO


@pytest.mark.parametrize(
    "text", [b"", b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n", b"\xef\xbb\xbfBagIt"]
)
def test_another_bagit_version(text):
    noted, _ = run(check_declaration, {**small_bag(), "bagit.txt": text})
    assert any(path == "bagit.txt" for _, path, _ in noted)


# --- steps 4 and 5 ---------------------------------------------------------------------------------------------------


def test_manifests_that_hold():
    noted, _ = run(check_manifests, small_bag(a=b"1", b=b"2" * 1000, 羊绒=b"3"))
    assert noted == []


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "manifest-sha512.txt"])
def test_each_payload_manifest_stands_alone(name):
    algorithm = name.removesuffix(".txt").rpartition("-")[2]
    files = small_bag(a=b"1", b=b"2")
    wrong = {**files, name: lines(algorithm, {"data/a": b"1", "data/b": b"other"})}
    assert (5, "data/b", f"its {algorithm} differs from {name}") in run(check_manifests, wrong)[0]
    short = {**files, name: lines(algorithm, {"data/a": b"1"})}
    noted, states = run(check_manifests, short)
    assert (5, "data/b", f"{name} does not list it") in noted
    assert states["data/b"] == EXTRA
    long = {**files, name: lines(algorithm, {"data/a": b"1", "data/b": b"2", "data/c": b"3"})}
    noted, states = run(check_manifests, long)
    assert (5, "data/c", f"{name} lists it, and it is not there") in noted
    assert states["data/c"] == MISSING
    tag = {**files, name: files[name] + lines(algorithm, {"bagit.txt": files["bagit.txt"]})}
    assert (5, name, "it lists bagit.txt, which is none of its files") in run(check_manifests, tag)[0]


@pytest.mark.parametrize("name", ["tagmanifest-sha256.txt", "tagmanifest-sha512.txt"])
def test_each_tag_manifest_stands_alone(name):
    files = small_bag()
    changed = {
        **files,
        name: files[name][:1].translate(bytes.maketrans(b"0123456789abcdef", b"123456789abcdef0")) + files[name][1:],
    }
    noted, _ = run(check_manifests, changed)
    assert [item[0] for item in noted] == [4]
    dropped = {**files, name: b"".join(line for line in files[name].splitlines(True) if b"bagit" not in line)}
    assert run(check_manifests, dropped)[0] == [(4, "bagit.txt", f"{name} does not list it")]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b"  ", b" "),
        lambda line: line.replace(b"  ", b" *"),
        lambda line: line.upper(),
        lambda line: line[:-1],
        lambda line: line * 2,
        lambda line: b"\n" + line,
        lambda line: line.replace(b"\n", b"\r\n"),
        lambda line: line[1:],
        lambda line: line.replace(b"data/", b"./data/"),
        lambda line: line.replace(b"data/", b"data/../data/"),
        lambda line: line.replace(b"a_txt", b"%61_txt"),
    ],
)
def test_lines_that_other_tools_may_read_otherwise(change):
    files = small_bag()
    noted, _ = run(check_manifests, {**files, "manifest-sha256.txt": change(files["manifest-sha256.txt"])})
    assert any(step == 5 for step, _, _ in noted)


def test_escaped_paths_are_read_back():
    files = small_bag(**{"per%cent": b"1"})
    for algorithm in ("sha256", "sha512"):
        files[f"manifest-{algorithm}.txt"] = files[f"manifest-{algorithm}.txt"].replace(b"per%cent", b"per%25cent")
    noted, _ = run(check_manifests, files)
    assert {step for step, _, _ in noted} == {4}, "only the tag manifests, which hold the old manifests' digests"


# --- step 6 ----------------------------------------------------------------------------------------------------------


def entry(path, data, **changes):
    record = digests(data)
    return {"path": path, "size": record.size, "sha256": record.sha256, "sm3": record.sm3, "role": "render", **changes}


def with_evidence(payload, **changes):
    document = {
        "format": "markwatch-evidence/1",
        "exhibit": {"id": ID},
        "files": [entry(path, data) for path, data in sorted(payload.items())],
        **changes,
    }
    return {**payload, "data/evidence.json": rfc8785.dumps(document)}


PAYLOAD = {"data/a": b"1", "data/b": b"22"}


def test_evidence_that_holds():
    found, bag = Findings(), view(with_evidence(PAYLOAD))
    assert check_evidence(bag, found)["exhibit"] == {"id": ID}
    assert found.reasons == []


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"format": "markwatch-evidence/2"}, "data/evidence.json", "expected canonical JSON"),
        ({"exhibit": {"id": "EV-2"}}, "data/evidence.json", "does not speak of"),
        ({"exhibit": [ID]}, "data/evidence.json", "does not speak of"),
        ({"files": None}, "data/a", "does not name it"),
        ({"files": {}}, "data/b", "does not name it"),
        ({"files": [entry("data/a", b"1")]}, "data/b", "does not name it"),
        ({"files": [entry("data/a", b"1"), entry("data/b", b"22"), entry("data/c", b"")]}, "data/c", "is not there"),
        ({"files": [entry("data/a", b"1")] * 2}, "data/evidence.json", "repeated"),
        ({"files": [1, entry("data/a", b"1")]}, "data/evidence.json", "malformed"),
        ({"files": [{"path": 7}]}, "data/evidence.json", "malformed"),
        ({"files": [entry("data/a", b"1", size=True), entry("data/b", b"22")]}, "data/a", "its size"),
        ({"files": [entry("data/a", b"1", size="1"), entry("data/b", b"22")]}, "data/a", "its size"),
        ({"files": [entry("data/a", b"1", sha256="0" * 64), entry("data/b", b"22")]}, "data/a", "its sha256"),
        ({"files": [entry("data/a", b"1"), entry("data/b", b"22", sm3="0" * 64)]}, "data/b", "its sm3"),
        ({"files": [entry("data/a", b"1", sm3=None), entry("data/b", b"22")]}, "data/a", "its sm3"),
        ({"files": [entry("data/a", b"1"), entry("data/evidence.json", b"")]}, "data/evidence.json", "is not there"),
    ],
)
def test_evidence_that_does_not_fit(changes, path, said):
    found = Findings()
    check_evidence(view(with_evidence(PAYLOAD, **changes)), found)
    assert any(item.path == f"{ID}/{path}" and said in item.what for item in found.reasons), found.reasons
    assert all(item.step == 6 for item in found.reasons)


def test_no_evidence_at_all():
    found = Findings()
    assert check_evidence(view(PAYLOAD), found) is None
    assert found.files == {f"{ID}/data/evidence.json": MISSING}


# --- steps 7 and 8 on a real bag -------------------------------------------------------------------------------------


def real(sealed):
    """Return the sealed bag's view, its evidence.json and its capture.json."""
    files = sealed.bag()
    bag = BagView(sealed.id, {path: digests(data) for path, data in files.items()}, files)
    return bag, json.loads(files["data/evidence.json"]), json.loads(files["data/capture/capture.json"])


def test_the_real_bag_passes_each_step_alone(sealed):
    bag, evidence, capture = real(sealed)
    found = Findings()
    check_custody(bag, evidence, found)
    assert check_capture(bag, evidence, found) == capture
    assert len(exchanges_of(bag, capture, found)) >= 3
    check_certificates(bag, capture, found)
    assert found.reasons == []
    assert built_at(evidence).tzinfo


@pytest.mark.parametrize("name", ["url", "outcome", "fidelity", "captured_at"])
def test_capture_json_and_evidence_json_must_agree(sealed, name):
    bag, evidence, _ = real(sealed)
    found = Findings()
    changed = {**evidence, "exhibit": {**evidence["exhibit"], name: "another"}}
    check_capture(bag, changed, found)
    assert [item.what.split(" is ")[0] for item in found.reasons] == [f"its {name}"]


def test_a_capture_record_of_another_exhibit_ends_the_step(sealed):
    bag, evidence, capture = real(sealed)
    found = Findings()
    other = {**bag.small, "data/capture/capture.json": rfc8785.dumps({**capture, "id": ID})}
    assert check_capture(BagView(bag.id, bag.digests, other), evidence, found) is None
    assert "it is of the capture" in found.reasons[0].what


@pytest.mark.parametrize("change", ["drop", "swap", "cut", "other", "word"])
def test_a_network_log_that_was_touched(sealed, change):
    bag, _, capture = real(sealed)
    whole = bag.small["data/network/exchanges.jsonl"].splitlines(True)
    changed = {
        "drop": b"".join(whole[1:]),
        "swap": b"".join([whole[1], whole[0], *whole[2:]]),
        "cut": b"".join(whole)[:-1],
        "other": b"".join(whole).replace(bag.id.encode(), ID.encode()),
        "word": b"".join(whole).replace(b'"seq"', b'"sEq"'),
    }[change]
    found = Findings()
    small = {**bag.small, "data/network/exchanges.jsonl": changed}
    assert exchanges_of(BagView(bag.id, bag.digests, small), capture, found) is None
    assert found.reasons[0].step == 8


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ({"a.example": 1}, "is not in the bag"),
        ({"a.example": {"sha256": "0" * 64, "chain_sha256": ["0" * 64]}}, "is not in the bag"),
        ({"a.example": {"sha256": ["x"], "chain_sha256": ["x"]}}, "is not in the bag"),
        ({"[": {"valid": True, "sha256": ""}}, ""),
        ({"a.example": {"valid": False, "sha256": ""}}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_tls_documents_of_every_kind(hosts, said):
    found = Findings()
    bag = view({"data/network/tls.json": json.dumps({"hosts": hosts}).encode()})
    check_certificates(bag, {"final_url": "https://[", "certificate": {"sha256": "1"}}, found)
    assert bool(found.reasons) is bool(said)
    assert all(said in item.what for item in found.reasons)


def test_a_chain_of_another_host(helpers, tmp_path):
    path, der = helpers["self_signed"](tmp_path, "shop.example")
    pem = path.read_bytes()[path.read_bytes().index(b"-----BEGIN CERT") :]
    sha256 = hashlib.sha256(der).hexdigest()

    def noted(netloc, *, valid=True, own=sha256):
        document = {"hosts": {netloc: {"sha256": sha256, "valid": valid, "chain_sha256": [sha256]}}}
        files = {"data/network/tls.json": rfc8785.dumps(document), "data/network/tls/a.pem": pem}
        found = Findings()
        check_certificates(view(files), {"final_url": f"https://{netloc}/", "certificate": {"sha256": own}}, found)
        return [item.what for item in found.reasons]

    assert noted("shop.example") == []
    assert noted("shop.example:8443") == []
    assert "does not name other.example" in noted("other.example")[0]
    assert noted("other.example", valid=False) == [], "it was never called valid"
    assert "is not the one of shop.example" in noted("shop.example", own="0" * 64)[0]
    found = Findings()
    check_certificates(view({"data/network/tls/a.pem": b"no certificate"}), {}, found)
    assert found.reasons[0].what == "it holds no certificate"
    assert names_host(der, "shop.example")
    assert not names_host(b"garbage", "shop.example")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("2026-11-22T08:00:00.000000Z", True),
        ("2026-11-22T08:00:00", False),
        ("yesterday", False),
        (None, False),
        (7, False),
    ],
)
def test_when_a_bag_says_it_was_built(said, known):
    assert (built_at({"built_at": said}) is not None) is known
    assert built_at(None) is None


def test_documents_of_too_many_parts_are_not_written_anew(sealed, monkeypatch):
    assert canonical_json(b'{"a":[1,2,3]}') == {"a": [1, 2, 3]}
    monkeypatch.setattr("evidence.verify.bagsteps.MAX_PARTS", 1)
    assert canonical_json(b'{"a":[1,2,3]}') is None
    bag, _, capture = real(sealed)
    monkeypatch.setattr("evidence.verify.capturesteps.MAX_EXCHANGE_PARTS", 1)
    found = Findings()
    assert exchanges_of(bag, capture, found) is None
    assert "too many parts" in found.reasons[0].what


# --- the verdict -----------------------------------------------------------------------------------------------------


def test_the_words_of_a_verdict():
    assert set(STATES) == {0, 1, 2}
    assert sorted(STEPS) == list(range(1, 13))
    verdict = Verdict(1, {"a": "changed"}, (ProofStanding("s", "seal", "missing"),), (Reason(5, "a", "x"),), (ID,))
    zh, en = verdict.document(), verdict.document("en")
    assert (zh["state"], zh["exit"], zh["exhibits"]) == ("tampered", 1, [ID])
    assert zh["summary"] != en["summary"]
    assert en["reasons"] == ["step 5 (payload manifests): a: x"]
    assert en["proofs"][0] == {
        "name": "s",
        "kind": "seal",
        "state": "missing",
        "level": "none",
        "reason": "",
        "time": None,
    }


@pytest.mark.parametrize("state", ["pending", "unverifiable", "untrusted", "demo", "missing"])
def test_only_verified_proofs_give_zero(state):
    found = Findings()
    assert found.verdict().exit_code == 2, "nothing was proven"
    found.proofs.append(ProofStanding("a", "seal", "verified"))
    assert found.verdict().exit_code == 0
    found.proofs.append(ProofStanding("b", "ots", state))
    assert found.verdict().exit_code == 2
    found.open(12, "b", state)
    assert found.verdict().exit_code == 2
    found.wrong(5, "c", "changed")
    assert found.verdict().exit_code == 1


def test_the_first_bad_state_of_a_file_stands_and_what_is_wrong_comes_first():
    found = Findings()
    found.open(2, "", "open")
    found.wrong(9, "a", "later", MISSING)
    found.wrong(5, "a", "earlier")
    verdict = found.verdict()
    assert verdict.files == {"a": MISSING}
    assert [item.step for item in verdict.reasons] == [5, 9, 2]


@pytest.mark.parametrize("url", ["https://a.example/%2e%2e/x", "http://[::1]:8080/", "http://a.example?b=2&a=1"])
def test_surt_is_stable(url):
    assert surt(url) == surt(url)
    assert ")/" in surt(url)
