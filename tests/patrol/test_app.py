"""The App: settings read once, parts lazy, the portfolio's pictures, one patrol of a watch at a time."""

import io
import sys
import types
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from detectors import registry, rules
from guards.atomic import FileLock
from guards.errors import EXIT_MISUSED, MarkwatchError
from notary import anchors
from patrol.app import App, build, own_settings
from patrol.errors import FoundWrong, Misused, WrongSettings
from patrol.portfolio import import_rights, picture_type, read_local, sniff
from patrol.times import beijing_day
from patrol.today import hit_document, hit_rows, price_text, severity, source_health
from patrol.watches import WatchDraft, overview, save_watch
from records.model import Money, PriceRange
from records.terms import HitState, TargetKind, Verdict


def png(size: tuple[int, int] = (32, 32)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, "PNG")
    return stream.getvalue()


class TestBuild:
    def test_opening_an_app_touches_nothing(self, env):
        app = build(env)
        assert not Path(env["MARKWATCH_HOME"]).exists()
        app.close()
        assert not Path(env["MARKWATCH_HOME"]).exists()

    def test_overrides_win_over_the_environment(self, env, monkeypatch):
        monkeypatch.setenv("MARKWATCH_LANG", "zh")
        assert build(env).lang == "en"

    def test_a_dotenv_file_counts_less_than_the_environment(self, env, monkeypatch, tmp_path):
        (tmp_path / ".env").write_text("MARKWATCH_CONTACT_URL=https://a.example\nMARKWATCH_LANG=zh\n")
        monkeypatch.chdir(tmp_path)
        app = build(env)
        assert app.user_agent.endswith("(+https://a.example)")
        assert app.lang == "en"

    def test_a_strangers_settings_module_is_refused(self, monkeypatch):
        stranger = types.ModuleType("settings")
        stranger.__file__ = "/elsewhere/settings.py"
        monkeypatch.setitem(sys.modules, "settings", stranger)
        with pytest.raises(WrongSettings, match=r"/elsewhere/settings\.py") as caught:
            own_settings()
        assert caught.value.exit_code == EXIT_MISUSED
        assert caught.value.next_step

    def test_init_is_idempotent_and_keeps_the_key(self, house):
        first, second = house.init(), house.init()
        assert (first.created, second.created) == (True, False)
        assert first.verifier_key == second.verifier_key
        assert house.seal_path.stat().st_mode & 0o777 == 0o600
        assert house.home.stat().st_mode & 0o777 == 0o700

    def test_a_password_in_the_database_url_is_never_shown(self, make_house):
        app = make_house({"MARKWATCH_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"})
        with pytest.raises(MarkwatchError) as caught:
            app.init()
        assert "hunter2" not in str(caught.value)
        assert "hunter2" not in repr(app.settings)

    def test_one_patrol_of_a_watch_at_a_time(self, house, shop, monkeypatch):
        watch = house.records.watches.by_name("shop")
        monkeypatch.setattr("patrol.app.CRAWL_LOCK_S", 0.2)
        with FileLock(house.folder("spool") / f".watch-{watch.id}.lock", 1), pytest.raises(MarkwatchError):
            house.crawl(watch)


class TestPortfolio:
    HEADER = "id,kind,name,aliases,nice_classes,goods,region,owner,registration_no,valid_from,valid_to,authorized_sellers,images\n"

    def test_pictures_go_to_the_vault_and_into_the_engine(self, house, tmp_path):
        (tmp_path / "logo.png").write_bytes(png())
        path = tmp_path / "rights.csv"
        path.write_text(self.HEADER + "tm1,trademark,砚溪雁,,30,茶叶,,,,,,,logo.png\n", "utf-8")
        report = import_rights(house, path, "ann")
        assert (report.kept, report.added, report.references, report.problems) == (1, 1, 1, [])
        again = import_rights(house, path, "ann")
        assert (again.unchanged, len(house.records.rights.references("tm1"))) == (1, 1)
        before = house.engine().versions["rights"]
        (tmp_path / "logo.png").write_bytes(png((48, 32)))
        import_rights(house, path, "ann")
        assert house.engine().versions["rights"] != before

    @pytest.mark.parametrize(
        ("kind", "route", "day", "text"),
        [
            ("trademark", "", "2026-12-31", "《中华人民共和国商标法》(2019年修正)"),
            ("trademark", "", "2027-01-01", "《中华人民共和国商标法》(2026年修订)"),
            ("gi", "protected_product", "2026-06-01", "《地理标志产品保护办法》(2024年2月1日起施行)"),
            ("gi", "certification_mark", "2026-06-01", "《中华人民共和国商标法》(2019年修正)"),
            ("gi", "collective_mark", "2026-06-01", "《中华人民共和国商标法》(2019年修正)"),
            ("gi", "agri_gi", "2026-06-01", "《农产品地理标志管理办法》(2019年修订)"),
            ("work", "", "2026-06-01", "《中华人民共和国著作权法》(2020年修正)"),
            ("design", "", "2026-06-01", "《中华人民共和国专利法》(2020年修正)"),
            ("plant_variety", "", "2026-06-01", "《中华人民共和国种子法》(2021年修正)"),
            ("trademark", "", "2001-01-01", ""),
        ],
    )
    def test_a_right_is_kept_with_the_version_of_its_legal_text(
        self, house, tmp_path, monkeypatch, kind, route, day, text
    ):
        path = tmp_path / "rights.csv"
        path.write_text(f"id,kind,name,route,territory,production_area\nr,{kind},砚溪雁,{route},,砚溪两岸\n", "utf-8")
        monkeypatch.setattr(type(house), "now", lambda self: datetime.fromisoformat(f"{day}T04:00:00+00:00"))
        assert import_rights(house, path, "ann").kept == 1
        right = house.records.rights.get("r")
        assert (right.legal_text, right.territory, right.production_area) == (text, ("CN",), "砚溪两岸")
        assert (right.route.value if right.route else "") == route

    def test_a_right_of_other_countries_rests_on_no_law_on_file(self, house, tmp_path):
        path = tmp_path / "rights.csv"
        path.write_text("id,kind,name,territory\nr,trademark,砚溪雁,FR;DE\n", "utf-8")
        import_rights(house, path, "ann")
        assert house.records.rights.get("r").legal_text == ""

    def test_a_damaged_reference_stops_detection_and_is_mended_by_importing_again(self, house, tmp_path):
        (tmp_path / "logo.png").write_bytes(png())
        path = tmp_path / "rights.csv"
        path.write_text(self.HEADER + "tm1,trademark,砚溪雁,,30,茶叶,,,,,,,logo.png\n", "utf-8")
        import_rights(house, path, "ann")
        (sample,) = house.records.rights.references("tm1")
        stored = house.vault.path(sample.sha256)
        stored.chmod(0o600)
        stored.write_bytes(b"changed")
        with pytest.raises(FoundWrong, match="tm1") as caught:
            house.engine()
        assert caught.value.exit_code == 1
        assert "import" in caught.value.next_step

    @pytest.mark.parametrize("where", ["../secret.png", "/etc/passwd", "none.png", "folder"])
    def test_pictures_never_come_from_outside(self, tmp_path, where):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "folder").mkdir()
        (tmp_path / "secret.png").write_bytes(png())
        with pytest.raises(FoundWrong):
            read_local(where, tmp_path / "in", 1_000_000)

    def test_a_link_out_of_the_folder_is_not_followed(self, tmp_path):
        (tmp_path / "in").mkdir()
        (tmp_path / "secret.png").write_bytes(png())
        (tmp_path / "in" / "logo.png").symlink_to(tmp_path / "secret.png")
        with pytest.raises(FoundWrong, match="leads out"):
            read_local("logo.png", tmp_path / "in", 1_000_000)

    @pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"GIF89a", png()[:60]])
    def test_what_is_no_picture(self, data):
        with pytest.raises(MarkwatchError):
            picture_type(data, 1_000_000)

    def test_media_types_come_from_the_bytes(self):
        assert picture_type(png(), 1_000_000) == "image/png"
        assert sniff(b"RIFF0000WEBPVP8 ") == "image/webp"
        assert sniff(b"<html>") == ""


class TestToday:
    @pytest.mark.parametrize(
        ("price", "text"),
        [(None, ""), (PriceRange(Money(Decimal("36.50"), "CNY"), Money(Decimal("36.50"), "CNY")), "36.50 CNY"),
         (PriceRange(Money(Decimal(36), "CNY"), Money(Decimal(50), "CNY")), "36–50 CNY"), (PriceRange(Money(Decimal(36), "CNY")), "36+ CNY")],
    )  # fmt: skip
    def test_prices_as_shown(self, price, text):
        assert price_text(price) == text

    def test_severity_by_score(self):
        assert [severity(s) for s in (0.0, 0.59, 0.6, 0.84, 0.85, 1.0)] == [
            "low",
            "low",
            "medium",
            "medium",
            "high",
            "high",
        ]

    def test_what_waits_is_listed_and_what_was_decided_is_not(self, house, shop):
        shop.see(shop.listing("1"), shop.listing("2", title="正品 砚溪雁 红茶", seller="二号店"))
        house.detecting().run()
        rows = hit_rows(house)
        assert {row["seller"] for row in rows} == {"某小店", "二号店"}
        assert all(row["why"] for row in rows)
        house.review().decide(str(rows[0]["id"]), Verdict.SNOOZE, actor="甲")
        assert len(hit_rows(house)) == 1
        assert len(hit_rows(house, state=HitState.SNOOZED.value)) == 1
        assert len(hit_rows(house, everything=True)) == 2
        assert hit_rows(house, right="tm1", limit=1, offset=1) == []
        with pytest.raises(Misused):
            hit_rows(house, right="tm9")

    def test_one_hit_with_everything_beside_it(self, house, shop):
        shop.see(shop.listing("1", attributes={"产地": "某地"}))
        house.detecting().run()
        document = hit_document(house, str(hit_rows(house)[0]["id"])[:8])
        assert document["attributes"] == {"产地": "某地"}
        assert document["right_document"]["registration_no"] == "90000001"
        assert document["findings"][0]["versions"]
        assert document["newest_snapshot"] == document["snapshot"]
        shop.see(shop.listing("1", title="砚溪雁 新包装"))
        later = hit_document(house, document["id"])
        assert later["changed"]
        assert len(later["snapshots"]) == 2

    def test_a_source_that_never_ran_has_not_failed(self, house, shop):
        assert source_health(house)[0]["outcome"] == "never"
        shop.see(shop.listing("1"))
        assert source_health(house)[0]["outcome"] == "ok"


class TestWatches:
    def test_the_kind_is_guessed_and_a_name_keeps_its_id(self, house):
        search = save_watch(house, WatchDraft("s", ("https://a.example/s?q={term}&p={page}",)), "ann")
        assert search.target_kind is TargetKind.SEARCH
        again = save_watch(house, WatchDraft("s", ("https://a.example/list",), cadence_hours=6), "ann")
        assert (again.id, again.target_kind, again.cadence_hours) == (search.id, TargetKind.CATEGORY, 6)
        assert [row["name"] for row in overview(house)] == ["s"]

    @pytest.mark.parametrize("draft", [WatchDraft("", ("https://a.example/",)), WatchDraft("x" * 300, ("https://a.example/",)), WatchDraft("w", ()),
                                       WatchDraft("w", ("https://a.example/",) * 1001), WatchDraft("w", ("https://a.example/",), cadence_hours=0)])  # fmt: skip
    def test_drafts_that_cannot_be(self, house, draft):
        with pytest.raises(Misused):
            save_watch(house, draft, "ann")
        assert house.records.watches.all() == []


def test_a_day_in_beijing_begins_at_16_utc():
    assert str(beijing_day(datetime(2026, 5, 1, 15, 59, tzinfo=UTC))) == "2026-05-01"
    assert str(beijing_day(datetime(2026, 5, 1, 16, 0, tzinfo=UTC))) == "2026-05-02"


def test_apps_share_one_home(make_house, mark):
    one, other = make_house(), make_house()
    one.records.rights.save([mark])
    assert isinstance(other, App)
    assert other.records.rights.get("tm1") == mark
    assert one.seal_key.verifier == other.seal_key.verifier


class TestPlugIns:
    """A plug-in that is broken or has another's name stops patrol and worker before they do anything."""

    @pytest.fixture
    def broken(self, monkeypatch, tmp_path):
        """Give a way to put a file beside a kind's own plug-ins."""

        def put(package, name, text):
            (tmp_path / name).write_text(text, encoding="utf-8")
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
            registry.discover.cache_clear()

        yield put
        registry.discover.cache_clear()

    @pytest.mark.parametrize(
        ("package", "text", "said"),
        [
            (rules, "from detectors.rules.split import DETECTOR\n", r"named 'split': .*split and .*zz_twin"),
            (rules, "import no_such_module\n", r"zz_twin.*no_such_module"),
            (rules, "def (:\n", r"zz_twin.*invalid syntax"),
            (rules, "DETECTOR = 5\n", r"zz_twin to hold DETECTOR"),
            (anchors, "from notary.anchors.opentimestamps import KIND\n", r"opentimestamps\.py and zz_twin\.py"),
            (anchors, "import no_such_module\n", r"zz_twin.*no_such_module"),
        ],
    )
    def test_it_stops_the_start(self, make_house, broken, package, text, said):
        app = make_house({})
        broken(package, "zz_twin.py", text)
        for start in (app.round, app.worker):
            with pytest.raises(MarkwatchError, match=said) as caught:
                start()
            assert caught.value.exit_code == EXIT_MISUSED
            assert caught.value.in_lang("zh") != caught.value.in_lang("en")
        sys.modules.pop(f"{package.__name__}.zz_twin", None)
