"""The embedding of the logo stage and how it is learned: windows of one mark near each other, all others apart.

The layers take no margin (a window's answer is the same wherever it is cut from), so a whole picture is read at once.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

WIDTHS = (9, 40, 80, 96, 96)
LENGTH = 128
_GRID = 6

Planes = NDArray[np.float16]


class Head(nn.Module):
    """Planes of 24 × 24 cells → a unit vector of 128 and how much the window looks like a mark in its middle."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (inner, outer) in enumerate(zip(WIDTHS[:-1], WIDTHS[1:], strict=True)):
            layers += [nn.Conv2d(inner, outer, 3, stride=2 if number == 1 else 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU()]
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


def loss_of(scene: Tensor, clean: Tensor, empty: Tensor, scale: Tensor, margin: float = 0.1) -> Tensor:
    """Return the contrastive loss both ways; windows without a mark (`empty`) are wrong answers for every mark."""
    likeness = scene @ clean.T - margin * torch.eye(len(scene))
    wrong = torch.cat([likeness.T, clean @ empty.T], dim=1)
    want = torch.arange(len(scene))
    one = nn.functional.cross_entropy(likeness * scale, want)
    other = nn.functional.cross_entropy(wrong * scale, want)
    return one + other


def batches(
    scenes: Planes, cleans: Planes, empties: Planes, wide: NDArray[np.bool_], size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield (scene, clean, empty) windows without end, every mark of a batch another, each turned its own way."""
    while True:
        for chosen in np.array_split(rng.permutation(len(scenes)), len(scenes) // size):
            chosen = np.sort(chosen)
            clean = rng.integers(0, cleans.shape[1], len(chosen))
            scene = np.where(wide[chosen], clean, rng.integers(0, scenes.shape[1], len(chosen)))
            how = rng.integers(0, 8, len(chosen))
            pairs = [(scenes[n, s], cleans[n, c]) for n, s, c in zip(chosen, scene, clean, strict=True)]
            one, two = (torch.from_numpy(np.stack(part).astype(np.float32)).permute(0, 3, 1, 2) for part in zip(*pairs, strict=True))
            for turn in range(8):
                at = torch.from_numpy(np.flatnonzero(how == turn))
                one[at], two[at] = turned(one[at], turn), turned(two[at], turn)
            empty = torch.from_numpy(empties[rng.integers(0, len(empties), size // 3)].astype(np.float32)).permute(0, 3, 1, 2)
            yield one, two, turned(empty, int(rng.integers(8)))


def weights(head: Head) -> dict[str, NDArray[np.float16]]:
    """Return the layers as arrays, the normalising folded in: `w0`… (rows × columns × in × out), `b0`…"""
    head.eval()
    made: dict[str, NDArray[np.float16]] = {}
    parts = list(head.body)
    with torch.no_grad():
        for number in range(4):
            conv, norm = parts[3 * number], parts[3 * number + 1]
            share = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            made[f"w{number}"] = (conv.weight * share[:, None, None, None]).permute(2, 3, 1, 0).numpy()
            made[f"b{number}"] = (norm.bias - norm.running_mean * share).numpy()
        made["pool"] = head.pool.weight[:, 0].permute(1, 2, 0).numpy()
        made["pool_b"] = head.pool.bias.numpy()
        made["out"] = head.out.weight.T.numpy()
        made["out_b"] = head.out.bias.numpy()
    return {name: np.ascontiguousarray(value, dtype=np.float16) for name, value in made.items()}
