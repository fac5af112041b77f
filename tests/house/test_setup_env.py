"""Set-up: what is missing is named or installed, done steps are skipped, a half-done one is done again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ["fonts-noto-cjk", "fonts-noto-color-emoji", "libpango-1.0-0", "libpangoft2-1.0-0", "g++"]


@pytest.fixture
def env(script):
    return script("setup_env")


@pytest.fixture
def paths(env, tmp_path):
    """A small checkout beside a system folder without anything."""
    checkout, system = tmp_path / "checkout", tmp_path / "system"
    checkout.mkdir()
    (system / "etc").mkdir(parents=True)
    (checkout / "requirements.lock").write_text("torch==2.13.0 \\\n    --hash=sha256:aa\n")
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    return env.Paths(checkout, system)


def make_debian(paths, *, fonts=(), postgres=False):
    (paths.system / "etc/debian_version").write_text("12\n")
    for font in fonts:
        file = paths.system / font.replace("*", "x86_64-linux-gnu")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    if postgres:
        initdb = paths.system / "usr/lib/postgresql/15/bin/initdb"
        initdb.parent.mkdir(parents=True)
        initdb.write_bytes(b"")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with only the programs that a test puts there; each notes its arguments."""
    folder, log = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    log.write_text("")
    monkeypatch.setenv("PATH", str(folder))

    def put(name, code=0):
        (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\nexit {code}\n')
        (folder / name).chmod(0o755)

    put.calls = lambda: log.read_text().splitlines()
    return put


def test_on_a_bare_debian_all_is_missing(env, paths, programs):
    make_debian(paths)
    assert env.missing_packages(paths, "demo") == ["chromium", *PACKAGES]
    assert env.missing_packages(paths, "test")[-1] == "postgresql"


def test_what_is_there_is_not_missing(env, paths, programs):
    make_debian(paths, fonts=env.DEBIAN_FILES.values(), postgres=True)
    programs("chromium")
    programs("c++")
    assert env.missing_packages(paths, "test") == []


def test_root_on_debian_installs_what_is_missing(env, paths, programs):
    make_debian(paths)
    programs("apt-get")
    programs("chromium")
    env.install_system_packages(paths, "demo", root_user=True)
    update, install = programs.calls()
    assert update.endswith(" update")
    assert install.endswith("install -y --no-install-recommends " + " ".join(PACKAGES))


def test_without_root_the_exact_command_is_named(env, paths, programs):
    make_debian(paths)
    programs("apt-get")
    with pytest.raises(env.SetupError) as caught:
        env.install_system_packages(paths, "demo", root_user=False)
    command = "sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium " + " ".join(PACKAGES)
    assert command in str(caught.value)
    assert caught.value.code == 3
    assert programs.calls() == []


def test_a_failing_package_manager_stops_set_up(env, paths, programs):
    make_debian(paths)
    programs("apt-get", code=100)
    with pytest.raises(env.SetupError, match="ended with 100; check the network"):
        env.install_system_packages(paths, "demo", root_user=True)


def test_elsewhere_nothing_is_installed_by_a_package_manager(env, paths, programs):
    env.install_system_packages(paths, "demo", root_user=True)
    with pytest.raises(env.SetupError, match="PostgreSQL"):
        env.install_system_packages(paths, "test", root_user=True)
    assert programs.calls() == []


def test_elsewhere_chromium_comes_from_playwright(env, paths, programs, monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    calls = []
    monkeypatch.setattr(env, "run", lambda command, **options: calls.append(command[1:]))
    env.install_browser(paths)
    assert calls == [["-m", "playwright", "install", "chromium"]]
    fetched = tmp_path / "browsers/chromium-1/chrome-linux64/chrome"
    fetched.parent.mkdir(parents=True)
    fetched.touch()
    env.install_browser(paths)
    assert len(calls) == 1


@pytest.fixture
def steps(env, monkeypatch):
    """Set-up whose steps only note that they ran; the environment is a folder with a python in it."""
    ran = []

    def make_venv(paths, python):
        ran.append("venv")
        (paths.venv / "bin").mkdir(parents=True, exist_ok=True)
        paths.python.write_bytes(b"")
        (paths.venv / "bin/markwatch").write_bytes(b"")

    monkeypatch.setattr(env, "make_venv", make_venv)
    for name in ("install_dependencies", "install_package", "build_model"):
        monkeypatch.setattr(env, name, lambda paths, name=name: ran.append(name))
    monkeypatch.setattr(env, "install_browser", lambda paths: None)
    monkeypatch.setattr(env, "missing_packages", lambda paths, purpose: [])
    return ran


ALL = ["venv", "install_dependencies", "install_package", "build_model"]


def test_a_first_run_does_all_and_a_second_nothing(env, paths, steps):
    assert not env.is_ready(paths, "demo")
    env.set_up(paths, "demo")
    assert steps == ALL
    assert env.is_ready(paths, "demo")
    env.set_up(paths, "demo")
    assert steps == ALL


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("requirements.lock", ALL),
        ("pyproject.toml", ["install_package"]),
        ("detectors/build_model.py", ["build_model"]),
    ],
)
def test_a_change_does_again_what_depends_on_it(env, paths, steps, file, again):
    env.set_up(paths, "demo")
    steps.clear()
    (paths.root / file).parent.mkdir(exist_ok=True)
    with (paths.root / file).open("a") as handle:
        handle.write("# changed\n")
    assert not env.is_ready(paths, "demo")
    env.set_up(paths, "demo")
    assert steps == again
    assert env.is_ready(paths, "demo")


def test_a_moved_checkout_is_set_up_anew(env, paths, steps, tmp_path):
    env.set_up(paths, "demo")
    steps.clear()
    paths.root.rename(tmp_path / "moved")
    moved = env.Paths(tmp_path / "moved", paths.system)
    assert not env.is_ready(moved, "demo")
    env.set_up(moved, "demo")
    assert steps == ALL


def test_a_step_that_failed_is_done_again(env, paths, steps, monkeypatch):
    def fail(paths):
        raise env.SetupError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(env, "install_package", fail)
        with pytest.raises(env.SetupError):
            env.set_up(paths, "demo")
    assert not env.is_ready(paths, "demo")
    steps.clear()
    env.set_up(paths, "demo")
    assert steps == ["install_package", "build_model"]


@pytest.mark.parametrize("stamp", ["", "{", "[1]", '{"place": 5}'])
def test_a_broken_stamp_counts_as_none(env, paths, steps, stamp):
    env.set_up(paths, "demo")
    paths.stamp.write_text(stamp)
    assert not env.is_ready(paths, "demo")
    env.set_up(paths, "demo")
    assert json.loads(paths.stamp.read_text())["place"] == str(paths.root)


def test_a_missing_command_makes_set_up_not_ready(env, paths, steps):
    env.set_up(paths, "demo")
    (paths.venv / "bin/markwatch").unlink()
    assert not env.is_ready(paths, "demo")


def test_a_program_that_is_missing_is_named(env, paths, programs):
    with pytest.raises(env.SetupError, match="nothing-here is not on this machine; install it"):
        env.run(["nothing-here"], hint="install it", cwd=paths.root)


def test_a_long_step_shows_that_it_lives(env, capfd, monkeypatch, tmp_path):
    monkeypatch.setattr(env, "HEARTBEAT_S", 0.05)
    env.run([sys.executable, "-c", "import time; print('from the tool'); time.sleep(0.5)"], hint="", cwd=tmp_path)
    shown = capfd.readouterr()
    assert "set-up: still at it" in shown.err
    assert "from the tool" in shown.err
    assert shown.out == ""


def test_this_python_is_found_and_others_are_judged(env, programs):
    programs("python3")
    assert env.find_python() == sys.executable
    assert env.python_version("python3") == ()
    assert env.python_version("/no/such/python") == ()


def test_no_fitting_python_is_an_error_with_the_way_on(env, monkeypatch):
    monkeypatch.setattr(env, "python_version", lambda program: (3, 13, 0))
    with pytest.raises(env.SetupError, match=r"apt-get install python3\.11") as caught:
        env.find_python()
    assert caught.value.code == 3


def test_an_environment_of_the_real_python_replaces_what_lay_there(env, paths):
    paths.venv.mkdir()
    (paths.venv / "left over").write_text("x")
    env.make_venv(paths, sys.executable)
    assert not (paths.venv / "left over").exists()
    answer = subprocess.run(
        [paths.python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert Path(answer.stdout.strip()).resolve() == paths.venv.resolve()
    assert env.torch_needs_cuda(paths) is False


def test_the_same_files_have_the_same_digest(env, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("x")
    assert env.digest(one, other) == env.digest(one, other)
    before = env.digest(one, other)
    other.write_text("")
    assert env.digest(one, other) != before


def test_it_runs_on_the_standard_library_alone(root):
    code = "import sys; sys.path.insert(0, 'scripts'); import setup_env; print('ok')"
    command = [sys.executable, "-S", "-E", "-c", code]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert answer.stdout.strip() == "ok", answer.stderr


def test_wrong_usage_ends_with_its_code(root):
    command = [sys.executable, "scripts/setup_env.py", "--for", "nothing"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env={**os.environ})
    assert answer.returncode == 2
    assert "usage" in answer.stderr
