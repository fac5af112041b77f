"""`markwatch login`, and a watch that uses one."""


def test_a_login_is_added_listed_used_and_removed(cli, tmp_path):
    cli("init")
    file = tmp_path / "cookies.txt"
    file.write_text("sid=very-secret; lang=zh", "utf-8")
    told = cli(
        "login", "add", "Shop.example", "--cookies", file, "--authority", "用户本人", "--until", "2099-01-31", "--json"
    )
    assert told.code == 0, told.err
    assert (told.document["host"], told.document["cookies"], told.document["others"]) == ("shop.example", 2, 0)
    known = told.document["id"]
    shown = cli("login", "list")
    assert "用户本人" in shown.out
    assert "very-secret" not in shown.out + shown.err
    assert cli("login", "list", "--json").document["logins"][0]["expires_at"].startswith("2099-01-31")
    good = ("watch", "add", "店", "--target", "https://shop.example/list", "--session", known, "--json")
    assert cli(*good).document["session"] == known
    other = cli("watch", "add", "别店", "--target", "https://other.example/", "--session", known)
    assert (other.code, "the login is for shop.example" in other.err) == (3, True)
    assert cli("watch", "add", "店", "--target", "https://shop.example/", "--session", "gone").code == 3
    assert cli("login", "remove", known).code == 0
    assert cli("login", "remove", known).code != 0


def test_bad_input_is_misuse(cli, tmp_path):
    cli("init")
    file = tmp_path / "cookies.txt"
    file.write_text("nothing", "utf-8")
    assert cli("login", "add", "shop.example", "--cookies", file, "--authority", "x").code == 3
    file.write_text("a=1", "utf-8")
    assert cli("login", "add", "shop.example", "--cookies", file, "--authority", "x", "--until", "soon").code == 3
    assert cli("login", "add", "shop.example", "--cookies", file, "--authority", " ").code == 3
    assert cli("login", "add", "shop.example", "--cookies", tmp_path / "gone", "--authority", "x").code == 3
