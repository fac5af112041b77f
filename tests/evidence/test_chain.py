"""The whole way: hit → capture → vault → custody → bag → seal → package → verification."""

from evidence.custody import CustodyLog
from records.terms import CaptureOutcome


def test_a_built_package_is_whole_and_waits_for_its_proofs(sealed):
    verdict = sealed.verify()
    assert [str(reason) for reason in verdict.reasons if reason.wrong] == []
    assert verdict.exit_code == 2
    assert verdict.exhibits == (sealed.id,)
    assert {state for name, state in verdict.files.items()} == {"ok"}
    assert {(item.kind, item.state) for item in verdict.proofs} == {
        ("seal", "verified"),
        ("list", "verified"),
        ("ots", "pending"),
    }


def test_the_exhibit_holds_everything_that_the_layout_promises(sealed):
    exhibit = sealed.kept.store.get(sealed.id)
    assert exhibit.outcome is CaptureOutcome.COMPLETE
    paths = {item.path for item in exhibit.artifacts}
    assert {
        f"capture/{sealed.id}.wacz",
        "capture/capture.json",
        "render/full.png",
        "render/viewport.png",
        "render/page.pdf",
        "render/page.mhtml",
        "render/dom.html",
        "render/domsnapshot.json",
        "render/axtree.json",
        "render/console.jsonl",
        "network/exchanges.jsonl",
        "network/tls.json",
        "network/dns.json",
        "network/route.json",
        "environment/before.json",
        "environment/after.json",
        "detection/match.json",
    } <= paths
    assert any(path.startswith("detection/references/") for path in paths)


def test_the_custody_log_tells_the_whole_story(sealed):
    log = CustodyLog.of(sealed.kept.store.custody(sealed.id))
    actions = [entry.action for entry in log.entries]
    assert actions[:2] == ["requested", "captured"]
    assert actions.count("stored") == len(sealed.kept.store.get(sealed.id).artifacts)
    inside = CustodyLog.parse(sealed.bag()["data/custody/custody.jsonl"])
    export = log.entries[inside.length]
    assert (export.action, export.object_sha256) == ("exported", sealed.package.sha256)
    assert inside.entries == log.entries[: inside.length]
