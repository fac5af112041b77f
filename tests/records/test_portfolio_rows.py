"""Rights, references, authorizations, watches, sellers, sources, packages as rows."""

from dataclasses import replace
from types import ModuleType

import pytest

from records.errors import Conflict, NotFound
from records.model import Package, Reference, Right, Seller, Source, Watch
from records.store import Records
from records.terms import GiRoute, RightKind, TargetKind, WatchState


def test_rights_are_added_changed_and_left_alone(records: Records, sample: ModuleType) -> None:
    assert records.rights.save(sample.RIGHTS) == (2, 0, 0)
    assert records.rights.save(sample.RIGHTS) == (0, 0, 2)
    changed = replace(sample.RIGHTS[0], route=GiRoute.AGRI_GI, territory=("CN", "MN"))
    new = Right("W-1", RightKind.WORK, "画")
    assert records.rights.save([changed, sample.RIGHTS[1], new]) == (1, 1, 1)
    assert records.rights.all() == [changed, sample.RIGHTS[1], new]
    assert records.rights.get("GI-1") == changed
    assert records.rights.get("none") is None
    assert records.rights.save([]) == (0, 0, 0)


def test_of_two_rights_with_one_id_the_last_counts(records: Records) -> None:
    pair = [Right("A", RightKind.WORK, "甲"), Right("A", RightKind.WORK, "乙")]
    assert records.rights.save(pair) == (1, 0, 0)
    assert [right.name for right in records.rights.all()] == ["乙"]


def test_many_rights_at_once(records: Records) -> None:
    many = [Right(f"R{number:05}", RightKind.TRADEMARK, f"名{number}") for number in range(1200)]
    assert records.rights.save(many) == (1200, 0, 0)
    assert records.rights.save(many) == (0, 0, 1200)
    assert records.rights.all() == many


def test_references_and_authorizations_belong_to_a_right(filled: Records) -> None:
    (reference,) = filled.rights.references("TM-1")
    assert reference == Reference("R1", "TM-1", "ef" * 32, "image/png", "a.png")
    assert filled.rights.all_references() == [reference]
    assert filled.rights.references("GI-1") == []
    (authorization,) = filled.rights.authorizations("GI-1")
    assert authorization.seller == "甲店"
    filled.rights.save_authorization(replace(authorization, seller="乙店"))
    assert [one.seller for one in filled.rights.authorizations("GI-1")] == ["乙店"]
    with pytest.raises(NotFound, match="not stored"):
        filled.rights.save_reference(replace(reference, id="R2", right_id="none"))


def test_watches_keep_their_names_apart(records: Records) -> None:
    one = Watch("W1", "甲", TargetKind.SHOP, ("https://a.example",))
    records.watches.save(one)
    records.watches.save(replace(one, cadence_hours=6))
    with pytest.raises(Conflict, match="甲"):
        records.watches.save(replace(one, id="W2"))
    records.watches.save(replace(one, id="W2", name="丙"))
    assert [watch.id for watch in records.watches.all()] == ["W2", "W1"]
    assert records.watches.by_name("甲") == replace(one, cadence_hours=6)
    assert records.watches.by_name("丁") is None
    records.watches.set_state("W1", WatchState.PAUSED)
    found = records.watches.get("W1")
    assert found is not None and found.state is WatchState.PAUSED
    with pytest.raises(NotFound):
        records.watches.set_state("W9", WatchState.PAUSED)
    assert records.watches.get("W9") is None


def test_sellers_and_sources(filled: Records, sample: ModuleType) -> None:
    (source,) = filled.sources.all()
    assert source.origin == sample.ORIGIN
    filled.sources.save(replace(source, name="某商城"))
    assert filled.sources.get(source.id) == replace(source, name="某商城")
    filled.sources.save(Source("x", "https://a.example"))
    assert [one.origin for one in filled.sources.all()] == ["https://a.example", sample.ORIGIN]
    assert filled.sources.get("none") is None
    filled.sellers.save(Seller("S2", source.id, "甲店"))
    # a page that was written brought the account that it names
    assert {one.id for one in filled.sellers.named(source.id, "甲店")} > {"S1", "S2"}
    assert {"S1", "S2"} < {one.id for one in filled.sellers.all()}
    assert filled.sellers.get("S2") == Seller("S2", source.id, "甲店")
    assert filled.sellers.get("S3") is None


def test_packages(filled: Records, sample: ModuleType) -> None:
    case = filled.cases.all()[0]
    (package,) = filled.packages.for_case(case.id)
    assert package == Package("P1", case.id, ("EV-1",), "packages/P1.zip", "ab" * 32, sample.AT)
    filled.packages.save(replace(package, recipient="法院"))
    assert filled.packages.all() == [replace(package, recipient="法院")]
    assert filled.packages.get("P1") == replace(package, recipient="法院")
    assert filled.packages.get("P2") is None
