"""The embedding of the logo stage and how it is learned: windows of one mark near each other, all others apart.

The layers take no margin (a window's answer is the same wherever it is cut from), so a whole picture is read at once.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import detectors
from bench.detection import learn_data as data
from bench.detection.marks import marks, nobodys, split_of
from detectors.logo_channels import planes

WIDTHS = (9, 32, 64, 80, 96)
LENGTH = 128
_GRID = 6
_CELLS = (24, 24, 9)
_BATCH = 144
_REMEMBERED = 2_304

Planes = NDArray[np.float16]


class Head(nn.Module):
    """Planes of 24 × 24 cells → a unit vector of 128 and how much the window looks like a mark in its middle."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (inner, outer) in enumerate(pairwise(WIDTHS)):
            layers += [
                nn.Conv2d(inner, outer, 3, stride=2 if number == 1 else 1, bias=False),
                nn.BatchNorm2d(outer),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.pool = nn.Conv2d(WIDTHS[-1], 2 * WIDTHS[-1], _GRID, groups=WIDTHS[-1], bias=True)
        self.out = nn.Linear(2 * WIDTHS[-1], LENGTH + 1)

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Take n × 9 × 24 × 24; return n × 128 (unit vectors) and n (before the logistic)."""
        found = self.out(torch.relu(self.pool(self.body(planes)).flatten(1)))
        return nn.functional.normalize(found[:, :LENGTH], dim=1), found[:, LENGTH]


def turned(planes: Tensor, how: int) -> Tensor:
    """Return n × 9 × 24 × 24 mirrored (how & 4) and turned by how & 3 quarters, the directions with it."""
    order = list(range(8))
    if how & 4:
        planes = planes.flip(3)
        order = [(8 - k) % 8 for k in order]
    if how & 1:
        order = [(k + 4) % 8 for k in order]
    planes = torch.rot90(planes, how & 3, (2, 3))
    return planes[:, [*order, 8]]


@dataclass(frozen=True, slots=True)
class Windows:
    """What is learned from: scenes (marks × per × cells), clean windows (marks × 2), empty ones, and who is long."""

    scenes: Planes
    cleans: Planes
    empties: Planes
    wide: NDArray[np.bool_]


class Memory:
    """The vectors of clean windows of recent steps and whose they are: more wrong answers than one step holds.

    Cross-batch memory, Wang et al. 2020. A mark's own former vectors are left out.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors, self._ids = torch.zeros(0, LENGTH), torch.zeros(0, dtype=torch.long)

    def likeness(self, scene: Tensor, ids: Tensor) -> Tensor:
        """Return n × remembered."""
        own = ids[:, None] == self._ids[None]
        return (scene @ self._vectors.T).masked_fill(own, -1.0)

    def keep(self, clean: Tensor, ids: Tensor) -> None:
        """Remember a step's clean windows, and forget the oldest."""
        self._vectors = torch.cat([self._vectors, clean.detach()])[-self._most :]
        self._ids = torch.cat([self._ids, ids])[-self._most :]


def loss_of(
    scene: Tensor, clean: Tensor, empty: Tensor, remembered: Tensor, scale: Tensor, margin: float = 0.1
) -> Tensor:
    """Return the contrastive loss both ways; windows without a mark (`empty`) are wrong answers for every mark.

    `remembered` is the likeness of each scene to marks of former steps, wrong answers too.
    """
    likeness = scene @ clean.T - margin * torch.eye(len(scene))
    wrong = torch.cat([likeness.T, clean @ empty.T], dim=1)
    want = torch.arange(len(scene))
    one = nn.functional.cross_entropy(torch.cat([likeness, remembered], dim=1) * scale, want)
    other = nn.functional.cross_entropy(wrong * scale, want)
    return one + other


def batches(made: Windows, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Yield (scene, clean, empty, ids) without end, every mark of a batch another, each turned its own way."""
    while True:
        for some in np.array_split(rng.permutation(len(made.scenes)), len(made.scenes) // size):
            chosen = np.sort(some)
            clean = rng.integers(0, made.cleans.shape[1], len(chosen))
            scene = np.where(made.wide[chosen], clean, rng.integers(0, made.scenes.shape[1], len(chosen)))
            how = rng.integers(0, 8, len(chosen))
            one, two = _tensor(made.scenes[chosen, scene]), _tensor(made.cleans[chosen, clean])
            for turn in range(8):
                at = torch.from_numpy(np.flatnonzero(how == turn))
                one[at], two[at] = turned(one[at], turn), turned(two[at], turn)
            empty = _tensor(made.empties[rng.integers(0, len(made.empties), size // 3)])
            yield one, two, turned(empty, int(rng.integers(8))), torch.from_numpy(chosen)


def _tensor(some: Planes) -> Tensor:
    return torch.from_numpy(some.astype(np.float32)).permute(0, 3, 1, 2)


class _Dense(nn.Module):
    """The network over a whole picture: 1 × rows × columns × 9 → 1 × rows × columns × 129."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, planes: Tensor) -> Tensor:
        """Take planes as `detectors.logo_channels` makes them."""
        found = torch.relu(self.head.pool(self.head.body(planes.permute(0, 3, 1, 2))))
        return self.head.out(found.permute(0, 2, 3, 1))  # type: ignore[no-any-return]


def write(head: Head, path: Path) -> None:
    """Write the network as ONNX. Needs the package `onnx`, which nothing else here does."""
    torch.onnx.export(
        _Dense(head).eval(), (torch.randn(1, 40, 48, 9),), str(path), input_names=["planes"], output_names=["found"],
        dynamic_axes={"planes": {1: "rows", 2: "columns"}}, dynamo=False,
    )  # fmt: skip


def windows(per: int, seed: int) -> Windows:
    """Return windows of the learning part's brands and of drawings that are nobody's mark, `per` scenes of each."""
    rng = np.random.default_rng(seed)
    photos = data.wallpapers()
    mine = [[mark for mark in marks(kind) if split_of(mark.brand) == "learn"] for kind in ("registered", "others")]
    drawn = data.brands(*mine) + [data.hands(mark, others) for mark, others in nobodys()]
    scenes = np.empty((len(drawn), per, *_CELLS), np.float16)
    cleans = np.empty((len(drawn), 2, *_CELLS), np.float16)
    empties = []
    for number, (registered, drawings) in enumerate(drawn):
        for turn in range(per):
            view = data.view_of(registered, rng)
            shown = drawings[int(rng.integers(len(drawings)))]
            there = data.moved(view, registered, shown)
            if turn < 2:
                kept = drawings[int(rng.integers(len(drawings)))] if turn and rng.random() < 0.5 else registered
                cleans[number, turn] = planes(data.clean_window(kept, data.moved(view, registered, kept), rng))
            if turn % 4 == 0:
                beside = rng.random() < 0.5
                base = data.scene_window(shown, there, rng, photos, off=True) if beside else data.ground(rng, photos)
                empties.append(planes(base if beside else data.spoil(base, rng)).astype(np.float16))
            scenes[number, turn] = planes(data.scene_window(shown, there, rng, photos))
    wide = np.array([max(r.shape[:2]) > 2.2 * min(r.shape[:2]) for r, _ in drawn])
    return Windows(scenes, cleans, np.stack(empties), wide)


def learned(made: Windows, steps: int, seed: int = 0, kept: Path | None = None) -> Head:
    """Return the network after so many steps of 144 marks each; `kept` is written now and then."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    head, scale = Head(), nn.Parameter(torch.tensor(12.0))
    head.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW([*head.parameters(), scale], lr=3e-3, weight_decay=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.1)
    memory = Memory(_REMEMBERED)
    stream = batches(made, _BATCH, np.random.default_rng(seed))
    for number, (scene, clean, empty, ids) in zip(range(steps), stream, strict=False):
        vectors, presence = head(torch.cat([scene, clean, empty]).contiguous(memory_format=torch.channels_last))
        count = len(scene)
        there = torch.zeros(len(presence))
        there[: 2 * count] = 1
        parts = vectors[:count], vectors[count : 2 * count], vectors[2 * count :]
        loss = loss_of(*parts, memory.likeness(parts[0], ids), scale)
        loss = loss + nn.functional.binary_cross_entropy_with_logits(presence, there)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if number > steps // 5:
            memory.keep(parts[1], ids)
        if number % 50 == 49:
            print(f"{number + 1} of {steps}: loss {float(loss.detach()):.3f}", flush=True)
            if kept is not None:
                torch.save(head.state_dict(), kept)
    return head


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn the network anew and write `detectors/data/logo_head.onnx`; some ten minutes of one core."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.learn_logos")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--per", type=int, default=8, help="windows of each mark")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(detectors.__file__).parent / "data" / "logo_head.onnx")
    parser.add_argument("--kept", type=Path, help="where the weights so far are written every fifty steps")
    given = parser.parse_args(arguments)
    write(learned(windows(given.per, given.seed), given.steps, kept=given.kept), given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
