"""One core for one piece of work: the detectors run in several processes, whose matrix products would wake each other's cores.

Measured on two cores that others were using too: comparing the descriptors of two pictures took 78 ms in the mean with
the default threads of OpenBLAS, which wait by spinning, and 4 ms with one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_core() -> Iterator[None]:
    """Let matrix products use one thread while the context lasts; the numbers stay the same."""
    with _pools().limit(limits=1, user_api="blas"):
        yield
