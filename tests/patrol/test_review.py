"""The review's rules, on real records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.app import App
from patrol.errors import Misused, ReviewRefused
from patrol.review import same_person, state_after, why_right_stops, why_seller_stops
from records.model import Authorization, Decision
from records.terms import DecisionStage, HitState, JobKind, Outcome, Verdict


@pytest.fixture
def hit(shop):
    """A hit that waits."""
    listing = shop.listing()
    shop.see(listing)
    return shop.hit(listing)


def jobs(app: App) -> list[tuple[JobKind, str]]:
    return [(job.kind, job.key) for job in app.records.jobs.all()]


def test_two_people_confirm_and_the_case_and_the_capture_follow(house, hit):
    proposed = house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    assert proposed.hit.state is HitState.PROPOSED
    assert proposed.decision.snapshot_id == hit.snapshot_id
    done = house.review().confirm(hit.id[:12], actor="乙")
    assert done.hit.state is HitState.CONFIRMED
    assert done.case is not None
    assert done.case.hit_ids == (hit.id,)
    assert jobs(house) == [(JobKind.CAPTURE, hit.id)]
    stages = [(d.actor, d.stage) for d in house.records.decisions.for_hit(hit.id)]
    assert stages == [("甲", DecisionStage.PROPOSE), ("乙", DecisionStage.CONFIRM)]
    assert house.records.audit.check().ok


@pytest.mark.parametrize("alias", ["甲", " 甲 ", "甲\u3000"])
def test_confirming_ones_own_proposal_is_refused(house, hit, alias):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    with pytest.raises(ReviewRefused, match="second person"):
        house.review().confirm(hit.id, actor=alias)
    assert house.records.hits.get(hit.id).state is HitState.PROPOSED
    assert jobs(house) == []


@pytest.mark.parametrize(("one", "other"), [("Ann", "ann "), ("ＡＮＮ", "ann"), ("a  b", "A B")])
def test_the_same_person_under_another_spelling(one, other):
    assert same_person(one, other)
    assert not same_person(one, other + "x")


def test_a_hit_must_be_proposed_before_it_is_confirmed(house, hit):
    with pytest.raises(ReviewRefused, match="proposed"):
        house.review().confirm(hit.id, actor="乙")


def test_the_second_person_may_return_it(house, hit):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    done = house.review().confirm(hit.id, actor="乙", agree=False, reason="请核实产地")
    assert done.hit.state is HitState.OPEN
    assert done.case is None
    again = house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    assert again.hit.state is HitState.PROPOSED


def test_a_false_alarm_needs_a_reason(house, hit):
    with pytest.raises(ReviewRefused, match="reason"):
        house.review().decide(hit.id, Verdict.FALSE_POSITIVE, actor="甲", reason="  ")
    done = house.review().decide(hit.id, Verdict.FALSE_POSITIVE, actor="甲", reason="是书名")
    assert done.hit.state is HitState.DISMISSED


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.AUTHORISED, HitState.AUTHORISED), (Verdict.SNOOZE, HitState.SNOOZED)]
)
def test_the_other_verdicts(house, hit, verdict, state):
    assert house.review().decide(hit.id, verdict, actor="甲").hit.state is state


def test_an_actor_is_needed(house, hit):
    with pytest.raises(ReviewRefused, match="actor"):
        house.review().decide(hit.id, Verdict.SNOOZE, actor=" ")


def test_an_unknown_hit_is_misuse(house, shop):
    with pytest.raises(Misused, match="no hit"):
        house.review().decide("0" * 64, Verdict.SNOOZE, actor="甲")


def test_a_listing_that_changed_since_must_be_compared_again(house, shop, hit):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    shop.see(shop.listing(title="另一种茶叶"))
    with pytest.raises(ReviewRefused, match="compare again"):
        house.review().confirm(hit.id, actor="乙")
    newest = house.records.listings.latest_snapshot(hit.listing_id)
    with pytest.raises(ReviewRefused, match="changed since"):
        house.review().decide(hit.id, Verdict.SUSPECTED, actor="丙")
    looked = house.review().decide(hit.id, Verdict.FALSE_POSITIVE, actor="丙", reason="已改名", seen=newest.id)
    assert looked.decision.snapshot_id == newest.id


def test_an_unchanged_listing_seen_again_can_be_confirmed(house, shop, hit):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    shop.see(shop.listing())
    assert house.review().confirm(hit.id, actor="乙").hit.state is HitState.CONFIRMED


def test_an_expired_right_stops_the_decision_with_why(house, hit, mark):
    house.records.rights.save([replace(mark, valid_to=date(2024, 12, 31))])
    with pytest.raises(ReviewRefused, match="expired on 2024-12-31"):
        house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    assert house.records.decisions.for_hit(hit.id) == []


def test_a_right_that_expires_between_the_two_stops_the_confirmation(house, hit, mark):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    house.records.rights.save([replace(mark, valid_to=date(2024, 12, 31))])
    with pytest.raises(ReviewRefused, match="expired"):
        house.review().confirm(hit.id, actor="乙")


def test_an_authorised_seller_stops_the_decision_with_why(house, shop):
    listing = shop.listing("2", seller="砚溪雁旗舰店")
    shop.see(listing)
    hit = shop.hit(listing)
    with pytest.raises(ReviewRefused, match="砚溪雁旗舰店 is authorised"):
        house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")


def test_dates_and_names_that_stop(mark, shop):
    today = date(2026, 5, 1)
    assert why_right_stops(None, today)
    assert why_right_stops(replace(mark, valid_from=date(2027, 1, 1)), today)
    assert why_right_stops(replace(mark, valid_to=today), today) == ""
    assert why_right_stops(replace(mark, valid_from=None, valid_to=None), today) == ""
    listing = shop.listing(seller="某授权店", seller_uscc="91150000000000001X")
    until = Authorization("a", "tm1", "某授权店", valid_to=today)
    assert why_seller_stops(mark, listing, [until], today)
    assert why_seller_stops(mark, listing, [replace(until, valid_to=date(2026, 4, 30))], today) == ""
    assert why_seller_stops(mark, listing, [replace(until, valid_from=date(2026, 5, 2), valid_to=None)], today) == ""
    by_code = replace(until, seller="别名", uscc="91150000000000001X")
    assert why_seller_stops(mark, listing, [by_code], today)
    assert why_seller_stops(mark, replace(listing, seller=""), [replace(until, seller="")], today) == ""


def test_undo_takes_back_ones_own_last_decision_only(house, hit):
    review = house.review()
    with pytest.raises(ReviewRefused, match="no decision"):
        review.decide(hit.id, Verdict.UNDO, actor="甲")
    review.decide(hit.id, Verdict.FALSE_POSITIVE, actor="甲", reason="书名")
    review.decide(hit.id, Verdict.SUSPECTED, actor="甲")
    with pytest.raises(ReviewRefused, match="甲's"):
        review.decide(hit.id, Verdict.UNDO, actor="乙")
    assert review.decide(hit.id, Verdict.UNDO, actor="甲").hit.state is HitState.DISMISSED
    assert review.decide(hit.id, Verdict.UNDO, actor="甲").hit.state is HitState.OPEN
    assert len(house.records.decisions.for_hit(hit.id)) == 4


def test_a_confirmation_may_be_undone_until_the_page_was_captured(house, hit, monkeypatch):
    house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    house.review().confirm(hit.id, actor="乙")
    monkeypatch.setattr(house, "was_captured", lambda _hit: True)
    with pytest.raises(ReviewRefused, match="captured already"):
        house.review().decide(hit.id, Verdict.UNDO, actor="乙")
    monkeypatch.undo()
    assert house.review().decide(hit.id, Verdict.UNDO, actor="乙").hit.state is HitState.PROPOSED


def test_reconcile_makes_good_what_a_kill_left_out(house, hit):
    """A kill between the decision and its follow-up leaves a confirmed hit without case and capture."""
    decision = Decision(
        "01J0000000000000000000000A",
        hit.id,
        "乙",
        Verdict.SUSPECTED,
        DecisionStage.CONFIRM,
        house.now(),
        "",
        hit.snapshot_id,
    )
    house.records.decisions.append(decision, HitState.CONFIRMED)
    assert house.records.cases.all() == []
    for _ in range(3):
        assert house.review().reconcile() == 1
    assert len(house.records.cases.all()) == 1
    assert jobs(house) == [(JobKind.CAPTURE, hit.id)]
    assert house.review().reconcile({hit.id}) == 0


def test_two_hits_of_one_listing_share_a_case(house, shop, mark):
    house.records.rights.save([replace(mark, id="tm2")])
    listing = shop.listing()
    shop.see(listing)
    first = shop.hit(listing)
    second = replace(first, id="", right_id="tm2")
    house.records.hits.save_detected(first.snapshot_id, "again", [first, second])
    for right in ("tm1", "tm2"):
        from records.ids import hit_id

        house.review().decide(hit_id(listing.id, right), Verdict.SUSPECTED, actor="甲")
        house.review().confirm(hit_id(listing.id, right), actor="乙")
    assert [len(case.hit_ids) for case in house.records.cases.all()] == [2]


class TestRule:
    """The rule that the user switches on by a setting."""

    @pytest.fixture
    def ruled(self, make_house: Callable[..., App]) -> App:
        return make_house({"MARKWATCH_CONFIRM_RULE_MIN_SCORE": "0.8"})

    def test_it_is_off_by_default(self, house, hit):
        assert house.review().apply_rule() == 0

    def test_it_signs_with_its_own_name_and_is_idempotent(self, house, ruled, hit):
        assert ruled.review().apply_rule() == 1
        assert ruled.review().apply_rule() == 0
        actors = {d.actor for d in ruled.records.decisions.for_hit(hit.id)}
        assert actors == {"rule:min_score=0.8"}
        assert ruled.records.hits.get(hit.id).state is HitState.CONFIRMED
        assert jobs(ruled) == [(JobKind.CAPTURE, hit.id)]

    @pytest.mark.parametrize(("score", "outcome"), [(0.79, Outcome.SUSPECTED), (0.99, Outcome.VERIFY_ORIGIN)])
    def test_it_leaves_the_doubtful_to_people(self, ruled, shop, score, outcome):
        listing = shop.listing()
        shop.see(listing)
        shop.hit(listing, score=score, outcome=outcome)
        assert ruled.review().apply_rule() == 0

    def test_it_does_not_overrule_a_person(self, ruled, hit):
        ruled.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
        ruled.review().confirm(hit.id, actor="乙", agree=False)
        assert ruled.review().apply_rule() == 0

    def test_it_is_stopped_by_an_expired_right(self, ruled, hit, mark):
        ruled.records.rights.save([replace(mark, valid_to=date(2024, 12, 31))])
        assert ruled.review().apply_rule() == 0


VERDICTS = st.sampled_from([Verdict.SUSPECTED, Verdict.FALSE_POSITIVE, Verdict.AUTHORISED, Verdict.SNOOZE])


@given(st.lists(VERDICTS, max_size=6), st.integers(0, 6))
def test_as_many_undos_as_decisions_lead_back(verdicts, undone):
    """The state after n decisions and k undos is the state after n-k decisions."""

    def one(verdict: Verdict) -> Decision:
        return Decision("i", "h", "甲", verdict, DecisionStage.PROPOSE, None)  # type: ignore[arg-type]

    history = [one(v) for v in verdicts]
    undos = [one(Verdict.UNDO)] * undone
    assert state_after(history + undos) == state_after(history[: max(0, len(history) - undone)])
