"""Watches of different hosts run side by side, those of one host never."""

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.errors import MarkwatchError
from patrol.lanes import hosts, lanes, side_by_side
from records.model import Watch
from records.terms import TargetKind


def watch(name: str, *targets: str) -> Watch:
    return Watch(name, name, TargetKind.CATEGORY, targets)


A = watch("a", "http://one.example/x", "http://TWO.example/")
B = watch("b", "http://three.example/")
C = watch("c", "http://user@two.example/y")
D = watch("d", "http://three.example/z", "http://one.example/")


@pytest.mark.parametrize(
    ("given_watches", "expected"),
    [
        ([], []),
        ([A], [["a"]]),
        ([A, B], [["a"], ["b"]]),
        ([A, B, C], [["a", "c"], ["b"]]),
        ([A, B, C, D], [["a", "c", "b", "d"]]),
        ([watch("e", "http://h:1/"), watch("f", "http://h:2/")], [["e"], ["f"]]),
        ([watch("g", "http://[bad/"), watch("h", "http://[bad/")], [["g", "h"]]),
    ],
)
def test_lanes(given_watches, expected):
    assert [[one.id for one in lane] for lane in lanes(given_watches)] == expected


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3), max_size=12))
def test_every_watch_is_in_one_lane_and_no_host_in_two(drawn):
    watches = [watch(str(n), *(f"http://{host}.example/" for host in given)) for n, given in enumerate(drawn)]
    made = lanes(watches)
    assert sorted(one.id for lane in made for one in lane) == sorted(one.id for one in watches)
    seen: list[set[str]] = [set().union(*(hosts(one) for one in lane)) for lane in made]
    assert all(not (one & other) for number, one in enumerate(seen) for other in seen[number + 1 :])


def test_different_hosts_run_at_the_same_time_and_results_keep_their_order():
    both = threading.Barrier(2, timeout=20)

    def work(one: Watch) -> str:
        both.wait()
        return one.name.upper()

    assert side_by_side([A, B], work) == ["A", "B"]


def test_one_host_is_read_by_one_watch_at_a_time():
    busy, worst = [0], [0]
    lock = threading.Lock()

    def work(one: Watch) -> str:
        with lock:
            busy[0] += 1
            worst[0] = max(worst[0], busy[0])
        threading.Event().wait(0.05)
        with lock:
            busy[0] -= 1
        return one.name

    watches = [replace(watch(str(n), "http://same.example/"), name=str(n)) for n in range(5)]
    assert side_by_side(watches, work) == list("01234")
    assert worst == [1]


@pytest.mark.parametrize("error", [MarkwatchError("no"), RuntimeError("no"), KeyboardInterrupt()])
def test_what_a_lane_raises_is_raised(error):
    def work(one: Watch) -> str:
        if one.id == "b":
            raise error
        return one.id

    with pytest.raises(type(error)):
        side_by_side([A, B, C], work)


def test_nothing_to_do():
    assert side_by_side([], lambda one: one) == []
