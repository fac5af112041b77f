"""The benchmarks' runner finds what there is, runs it in its own process, and says what it does not know."""

import importlib.util

import pytest


@pytest.fixture
def runner(root):
    spec = importlib.util.spec_from_file_location("bench_runner", root / "bench/__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_modules_and_packages_are_found(runner, tmp_path):
    for name in ("b.py", "_helper.py", "__main__.py", "pkg/__main__.py", "data/table.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert runner.benchmarks(tmp_path) == ["b", "pkg"]


def test_an_unknown_name_is_refused(runner, capsys):
    assert runner.main(["no-such-benchmark"]) == 1
    assert "no-such-benchmark" in capsys.readouterr().err


def test_each_runs_and_a_failure_is_told(runner, tmp_path, monkeypatch, capfd):
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "good.py").write_text("print('ratio 1.2')\n")
    (folder / "wrong.py").write_text("raise SystemExit(3)\n")
    monkeypatch.setattr(runner, "HERE", folder)
    assert runner.main(["good"]) == 0
    assert "ratio 1.2" in capfd.readouterr().out
    assert runner.main([]) == 1


def test_every_benchmark_of_the_house_can_be_run_by_name(runner):
    names = runner.benchmarks(runner.HERE)
    assert names
    for name in names:
        assert importlib.util.find_spec(f"bench.{name}") or (runner.HERE / name).exists()
