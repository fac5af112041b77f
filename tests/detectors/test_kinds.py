"""Kinds of right: one documented file each; who runs, what is left out, and what each route's reasons rest on, and when."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detectors.kinds
import detectors.rules
from detectors import grounds, kinds, registry
from detectors.engine import Engine
from detectors.errors import BrokenDetector, BrokenKind, DuplicateKind
from detectors.lands import EU_MEMBERS
from detectors.types import Options
from records.model import Authorization, Hit, Listing, Right
from records.terms import GiRoute, Outcome, RightKind

DAY = date(2026, 6, 1)
KINDS = kinds.discover()
PLAN = registry.plan(registry.discover())
Make = Callable[..., Right]


def _hit(right: Right, title: str, day: date | None = None, **fields: object) -> Hit:
    (hit,) = Engine([right], options=Options(today=DAY)).detect(Listing("l", title, seen_on=day, **fields))
    return hit


def _ground(right: Right, title: str, rule: str, day: date | None = None, **fields: object) -> str:
    (found,) = [f for f in _hit(right, title, day, **fields).findings if f.rule == rule]
    return found.ground


class TestFiles:
    """One file a kind, found without a list."""

    @pytest.mark.parametrize("kind", list(RightKind))
    def test_each_kind_has_one_file_that_tells_all_of_it(self, kind: RightKind) -> None:
        module = sys.modules[f"detectors.kinds.{kind.value}"]
        assert module.KIND is KINDS[kind]
        text = inspect.getdoc(module) or ""
        assert all(f"- {part}" in text for part in ("Runs:", "Leaves out:", "Test:", "Ground:"))

    def test_every_detector_runs_for_a_kind_and_every_name_is_a_detector(self) -> None:
        known = {detector.name for detector in registry.discover()}
        assert {name for kind in KINDS.values() for name in kind.detectors} == known
        for word, kind in KINDS.items():
            assert {detector.name for detector in PLAN[word]} == set(kind.detectors)
            assert len(set(kind.detectors)) == len(kind.detectors)

    def test_pictures_alone_speak_for_works_and_designs(self) -> None:
        for word in (RightKind.WORK, RightKind.DESIGN):
            assert {detector.name for detector in PLAN[word]} == {"image_copy", "logo", "authorised", "validity"}

    def test_the_grammar_of_places_is_for_indications(self) -> None:
        for name in ("gi_evocation", "gi_grammar", "official_mark", "origin"):
            assert [word for word, kind in KINDS.items() if name in kind.detectors] == [RightKind.GI]

    @pytest.mark.parametrize("kind", list(RightKind))
    def test_what_is_left_out_is_a_rule_that_would_run(self, kind: RightKind) -> None:
        documented = " ".join(inspect.getdoc(type(detector)) or "" for detector in PLAN[kind])
        for rule, why in KINDS[kind].left_out.items():
            assert f"`{rule}`" in documented
            assert why

    def test_a_missing_a_doubled_and_a_broken_file_are_named(self) -> None:
        whole = [(word.value, kind) for word, kind in KINDS.items()]
        with pytest.raises(BrokenKind, match="plant_variety"):
            kinds.checked(whole[:-1])
        with pytest.raises(DuplicateKind, match=r"gi.*gi.*again"):
            kinds.checked([*whole, ("again", KINDS[RightKind.GI])])
        for broken in (None, replace(KINDS[RightKind.GI], tests=())):
            with pytest.raises(BrokenKind, match="no_kind") as caught:
                kinds.checked([*whole, ("no_kind", broken)])
            assert caught.value.exit_code == 3


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str, str], None]:
    """Put a file into a package of plug-ins for one test."""
    names: list[str] = []

    def add(package: object, name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        names.append(f"{package.__name__}.{name}")
        kinds.discover.cache_clear()
        registry.discover.cache_clear()

    yield add
    kinds.discover.cache_clear()
    registry.discover.cache_clear()
    for name in names:
        sys.modules.pop(name, None)


class TestStart:
    """A bad file stops the start; a good one needs no list."""

    def test_a_second_file_for_a_kind_stops_the_engine(self, added: Callable[..., None]) -> None:
        added(detectors.kinds, "zz_work", "from detectors.kinds.work import KIND\n")
        with pytest.raises(DuplicateKind, match=r"work.*zz_work"):
            Engine([])

    def test_a_file_without_a_kind_stops_the_engine(self, added: Callable[..., None]) -> None:
        added(detectors.kinds, "zz_empty", "'''Nothing.'''\n")
        with pytest.raises(BrokenKind, match="zz_empty"):
            Engine([])

    def test_a_name_that_no_detector_bears_stops_the_engine(
        self, added: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = sys.modules["detectors.kinds.work"]
        monkeypatch.setattr(module, "KIND", replace(module.KIND, detectors=("image_copy", "nobody")))
        kinds.discover.cache_clear()
        registry.discover.cache_clear()
        try:
            with pytest.raises(BrokenKind, match="nobody"):
                Engine([])
        finally:
            kinds.discover.cache_clear()
            registry.discover.cache_clear()

    def test_for_whom_a_detector_runs_is_said_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (name,) = [one for one in registry.discover() if one.name == "name"]
        registry.discover.cache_clear()
        monkeypatch.setattr(name, "kinds", frozenset({RightKind.GI}))
        try:
            with pytest.raises(BrokenDetector, match=r"'name'.*kinds of its own"):
                Engine([])
        finally:
            registry.discover.cache_clear()

    def test_a_detector_that_no_kind_names_runs_where_it_says_and_its_reasons_get_a_ground(
        self, added: Callable[..., None], mark: Make
    ) -> None:
        added(
            detectors.rules,
            "zz_star",
            "from detectors.rulekit import Rule\nfrom detectors.types import Clue, Stage, Needle, Layer\n"
            "from records.model import Text\nfrom records.terms import RightKind\n"
            "class Star(Rule):\n    '''`star.seen`: a star.'''\n    name = 'star'\n    stage = Stage.FIND\n"
            "    kinds = frozenset({RightKind.TRADEMARK, RightKind.WORK})\n"
            "    def needles(self, profile):\n        yield Needle(Layer.PLAIN, '星号', self.name)\n"
            "    def run(self, case):\n        yield Clue(self.name, 'star.seen', 0.6, Text('有星。', 'A star.'))\n"
            "DETECTOR = Star()\n",
        )
        expected = {RightKind.TRADEMARK: "商标法", RightKind.WORK: "著作权法"}
        for word in RightKind:
            right = mark("砚溪雁", kind=word)
            said = [f for hit in Engine([right]).detect(Listing("1", "星号")) for f in hit.findings]
            assert [f.rule for f in said if f.detector == "star"] == ["star.seen"] * (word in expected)
            assert all(expected[word] in f.ground for f in said if f.detector == "star")


class TestLeftOut:
    """Rules that a kind leaves out say nothing of it, and something of others."""

    @pytest.mark.parametrize(
        ("rule", "title"),
        [
            ("goods.fake_words", "高仿 岚沟苦荞 苦荞米"),
            ("goods.named", "岚沟苦荞 苦荞米"),
            ("mention.fits", "适用岚沟苦荞 支架"),
        ],
    )
    def test_of_brands_and_not_of_places(self, mark: Make, gi: Make, rule: str, title: str) -> None:
        said = {f.rule for f in _hit(gi(), title).findings}
        assert rule not in said
        assert rule in {f.rule for f in _hit(mark("岚沟苦荞", goods=("苦荞米",)), title).findings}


class TestRoutes:
    """Four routes of an indication, four laws; and never the Union's in China."""

    def test_each_route_has_a_test_of_its_own(self, gi: Make) -> None:
        tests = {KINDS[RightKind.GI].test(gi(route=route)) for route in GiRoute}
        assert {test.route for test in tests} == set(GiRoute)
        assert len({test.asks for test in tests}) == len(GiRoute)
        assert KINDS[RightKind.GI].test(gi(route=None)).route is None
        assert KINDS[RightKind.GI].test(gi(territory=("US",))).territory == ""

    @pytest.mark.parametrize(
        ("route", "named", "evoked", "verify"),
        [
            (GiRoute.PROTECTED_PRODUCT, "地理标志产品保护办法", "地理标志产品保护办法", "地理标志产品保护办法"),
            (
                GiRoute.CERTIFICATION_MARK,
                "第十六条、第五十七条",
                "第五十七条第二项",
                "商标法实施条例》(2014年修订)第四条",
            ),
            (GiRoute.COLLECTIVE_MARK, "第十六条、第五十七条", "第五十七条第二项", "商标法实施条例》(2014年修订)第四条"),
            (GiRoute.AGRI_GI, "农产品地理标志管理办法", "农产品地理标志管理办法", "农产品地理标志管理办法"),
            (None, "反不正当竞争法", "反不正当竞争法", ""),
        ],
    )
    def test_reasons_rest_on_the_routes_own_law(
        self, gi: Make, route: GiRoute | None, named: str, evoked: str, verify: str
    ) -> None:
        right = gi(route=route)
        assert named in _ground(right, "岚沟苦荞", "name.exact")
        assert evoked in _ground(right, "岚沟风味 苦荞面", "evocation.flavour")
        local = _ground(right, "岚沟苦荞", "origin.stated_local", attributes={"产地": "砂陵省岚沟县"})
        assert verify in local
        assert bool(local) is bool(verify)
        false = _ground(right, "岚沟苦荞", "origin.contradicted", attributes={"产地": "青海"})
        assert "反不正当竞争法》(2025年修订)第九条" in false

    def test_what_is_said_of_evocation_is_the_routes_test(self, gi: Make) -> None:
        said = {}
        for route in (*GiRoute, None):
            (found,) = [f for f in _hit(gi(route=route), "岚沟风味 苦荞面").findings if f.detector == "gi_evocation"]
            said[route] = found.explanation
        assert "标明真实产地也不改变" in said[GiRoute.PROTECTED_PRODUCT].zh
        for route in (GiRoute.CERTIFICATION_MARK, GiRoute.COLLECTIVE_MARK):
            assert "混淆" in said[route].zh
            assert "confused" in said[route].en
        assert "待核对" in said[GiRoute.AGRI_GI].zh
        assert "待核对" in said[None].zh
        abroad = _hit(gi(territory=("FR",)), "岚沟风味 苦荞面").findings[0]
        assert "不改变" in abroad.explanation.zh

    @given(
        st.sampled_from(list(RightKind)),
        st.sampled_from([None, *GiRoute]),
        st.sets(st.sampled_from(sorted({*EU_MEMBERS, "EU", "US", "KZ"}))),
        st.dates(date(1990, 1, 1), date(2040, 1, 1)),
    )
    def test_no_european_rule_grounds_a_chinese_case(
        self, kind: RightKind, route: GiRoute | None, others: set[str], day: date
    ) -> None:
        right = Right("r", kind, "名", route=route, territory=("CN", *sorted(others)))
        for topic in sorted({ground.topic for ground in grounds.load()}):
            found = grounds.choose(topic, day, territory=right.territory, route=route)
            assert found is None or found.territory == "CN"
        assert KINDS[kind].test(right).territory == "CN"

    @pytest.mark.parametrize("territory", [("FR",), ("DE", "IT"), ("EU",), ("KZ", "ES")])
    def test_european_law_is_asked_where_a_member_protects_and_china_does_not(
        self, gi: Make, territory: tuple[str, ...]
    ) -> None:
        right = gi(territory=territory)
        assert "2024/1143" in _ground(right, "岚沟风味 苦荞面", "evocation.flavour")
        assert "1151/2012" in _ground(right, "岚沟风味 苦荞面", "evocation.flavour", date(2023, 1, 1))
        assert "2024/1143" not in _ground(gi(territory=("US",)), "岚沟风味 苦荞面", "evocation.flavour")


class TestGrounds:
    """Dated data: honest about what was read, one version a day."""

    def test_a_clause_is_named_only_where_the_text_was_read_and_says_where(self) -> None:
        for ground in grounds.load():
            assert bool(ground.read_in) is ground.quoted
            assert ground.quoted or not ground.clause

    @pytest.mark.parametrize(
        "wrong",
        [
            "quoted = false\nclauses = [{ topic = 't', clause = '第一条' }]",
            "quoted = true\nclauses = [{ topic = 't' }]",
            "quoted = false\nread_in = 'somewhere'\nclauses = [{ topic = 't' }]",
            "quoted = false\nclauses = []",
            "quoted = false\nclauses = [{ topic = 't' }]\nto = 2019-01-01",
            "quoted = false\nclauses = [{ topic = 't', route = 'sideways' }]",
        ],
    )
    def test_a_dishonest_or_broken_version_is_refused(self, wrong: str) -> None:
        head = "[[version]]\nlaw='l'\nlaw_en='l'\ntext_version='v'\nfrom=2020-01-01\nterritory='CN'\n"
        assert grounds.parse(head + "quoted = false\nclauses = [{ topic = 't' }]", "x.toml")
        with pytest.raises(grounds.BadGround, match=r"x\.toml"):
            grounds.parse(head + wrong, "x.toml")

    @given(st.dates(date(1990, 1, 1), date(2040, 1, 1)))
    def test_one_version_a_day(self, day: date) -> None:
        held = [(g.topic, g.territory, g.route) for g in grounds.load() if g.holds(day)]
        assert len(held) == len(set(held))

    def test_every_topic_that_a_kind_names_is_on_file_and_the_other_way_round(self) -> None:
        named = {topic for kind in KINDS.values() for topic in (kind.topic, *kind.topics.values())}
        assert {ground.topic for ground in grounds.load()} == named

    @pytest.mark.parametrize("rule", ["edit", "sound", "split", "seller_copy", "name"])
    def test_a_varietys_name_rests_on_the_seed_law_however_it_is_written(self, rule: str) -> None:
        right = Right("pv", RightKind.PLANT_VARIETY, "好砂岭", goods=("小麦种子",))
        shown = {
            "edit": {"title": "好砂玲 小麦种子"},
            "sound": {"title": "好沙领 小麦种子"},
            "split": {"title": "女子砂岭 小麦种子"},
            "name": {"title": "好砂岭 小麦种子"},
            "seller_copy": {"title": "小麦种子", "seller": "好砂岭官方旗舰店"},
        }[rule]
        (hit,) = Engine([right], options=Options(today=DAY)).detect(Listing("1", **shown))
        grounded = {f.detector: f.ground for f in hit.findings if f.ground}
        assert "种子法》(2021年修正)第二十八条" in grounded[rule]


def test_the_page_for_people_says_what_the_files_say() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "kinds.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    for word, kind in KINDS.items():
        names = ", ".join(f"`{name}`" for name in kind.detectors)
        left = ", ".join(f"`{rule}`" for rule in kind.left_out) or "–"
        assert [f"`{word.value}` {kind.label.zh}", names, left] in rows
        for test in kind.tests:
            assert [f"`{word.value}`", f"{test.title.zh} · {test.title.en}", test.asks.zh] in rows
    for ground in grounds.load():
        (row,) = [cells for cells in rows if cells[:2] == [ground.text, str(ground.starts)]]
        assert row[2] == str(ground.ends or "–")
        route = f" ({ground.route.value})" if ground.route else ""
        assert f"{ground.topic}{route} {ground.clause}".strip() in row[3].split("; ")
        assert row[4] == ("yes" if ground.quoted else "待核对")


class TestDay:
    """The listing's own day chooses the law, and whether right and permission held; today stands in for none."""

    CASES = (
        (RightKind.TRADEMARK, None, "2013年修正", "2019年修正"),
        (RightKind.GI, GiRoute.CERTIFICATION_MARK, "2013年修正", "2019年修正"),
        (RightKind.GI, GiRoute.PROTECTED_PRODUCT, "2005年7月15日起施行", "2024年2月1日起施行"),
        (RightKind.GI, GiRoute.AGRI_GI, "2008年2月1日起施行", "2019年修订"),
        (RightKind.PLANT_VARIETY, None, "2014年修订", "2021年修正"),
    )

    @pytest.mark.parametrize(("kind", "route", "then", "now"), CASES)
    def test_one_listing_in_2018_and_2026_names_two_texts(
        self, kind: RightKind, route: GiRoute | None, then: str, now: str
    ) -> None:
        right = Right("r", kind, "岚沟苦荞", goods=("苦荞米",), region="砂陵省岚沟县", route=route)
        assert f"({then})" in _ground(right, "岚沟苦荞", "name.exact", date(2018, 6, 1))
        assert f"({now})" in _ground(right, "岚沟苦荞", "name.exact", date(2026, 6, 1))
        assert _ground(right, "岚沟苦荞", "name.exact") == _ground(right, "岚沟苦荞", "name.exact", DAY)

    def test_the_law_of_2027_is_not_the_law_of_2026(self, mark: Make) -> None:
        assert "第五十七条" in _ground(mark(), "砚溪雁 茶叶", "name.exact", date(2026, 12, 31))
        assert "(2026年修订)第七十二条" in _ground(mark(), "砚溪雁 茶叶", "name.exact", date(2027, 1, 1))

    def test_a_right_is_asked_whether_it_held_on_the_listings_day(self, mark: Make) -> None:
        right = mark(valid_from=date(2019, 1, 1), valid_to=date(2021, 1, 1))
        assert _hit(right, "砚溪雁 茶叶").outcome is Outcome.EXCLUDED
        assert _hit(right, "砚溪雁 茶叶", date(2020, 6, 1)).outcome is Outcome.SUSPECTED
        early = _hit(right, "砚溪雁 茶叶", date(2018, 6, 1))
        assert "right.not_yet" in {f.rule for f in early.findings}

    def test_a_permission_is_asked_whether_it_held_on_the_listings_day(self, mark: Make) -> None:
        given_ = Authorization("a", "tm", "甲店", valid_from=date(2020, 1, 1), valid_to=date(2020, 12, 31))
        engine = Engine([mark()], options=Options(today=DAY), authorizations=[given_])
        outcomes = {}
        for day in (None, date(2020, 6, 1)):
            (hit,) = engine.detect(Listing("l", "砚溪雁 茶叶", seller="甲店", seen_on=day))
            outcomes[day] = hit.outcome
        assert outcomes == {None: Outcome.SUSPECTED, date(2020, 6, 1): Outcome.AUTHORISED}
