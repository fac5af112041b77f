"""Several watches at a time, never two of the same host: crawling is mostly waiting, and politeness is counted by host.

Watches that share a host (directly, or through a third one) form a lane and run one after another; lanes run side by
side in daemon threads, so that Ctrl-C ends the process at once (a crawl's child ends with its parent).
"""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from records.model import Watch

MOST = 2
"""Lanes that run at a time."""

T = TypeVar("T")


def hosts(watch: Watch) -> frozenset[str]:
    """Return the host:port of each of a watch's targets, in lower case; the target itself where it has none."""
    return frozenset(_host(target) for target in watch.targets)


def _host(target: str) -> str:
    try:
        return urlsplit(target).netloc.rpartition("@")[2].lower() or target
    except ValueError:
        return target


def lanes(watches: Sequence[Watch]) -> list[list[Watch]]:
    """Group watches so that no host is in two lanes; their order is kept within a lane and by first watch."""
    groups: list[tuple[set[str], list[Watch]]] = []
    for watch in watches:
        mine = set(hosts(watch))
        joined = [group for group in groups if group[0] & mine]
        if not joined:
            groups.append((mine, [watch]))
            continue
        first, *others = joined
        first[0].update(mine, *(group[0] for group in others))
        first[1].extend(one for group in others for one in group[1])
        first[1].append(watch)
        groups = [group for group in groups if group not in others]
    return [group[1] for group in groups]


def side_by_side(watches: Sequence[Watch], work: Callable[[Watch], T], most: int = MOST) -> list[T]:
    """Do the work for each watch and return the results in the watches' order.

    What `work` raises is raised here, once the other lanes' work in hand is given up.
    """
    waiting: queue.SimpleQueue[list[Watch]] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, T] | BaseException] = queue.SimpleQueue()
    found = lanes(watches)
    for lane in found:
        waiting.put(lane)

    def run() -> None:
        try:
            while True:
                for watch in waiting.get_nowait():
                    answers.put((watch.id, work(watch)))
        except queue.Empty:
            return
        except BaseException as error:  # noqa: BLE001 - a thread's outermost loop: handed on to the caller's thread
            answers.put(error)

    for number in range(min(most, len(found))):
        threading.Thread(target=run, name=f"lane-{number}", daemon=True).start()
    results: dict[str, T] = {}
    for _ in watches:
        answer = answers.get()
        if isinstance(answer, BaseException):
            raise answer
        results[answer[0]] = answer[1]
    return [results[watch.id] for watch in watches]
