"""Fitting the verdict of the logo stage: a few damped weights, and a zero set where few enough pictures fail."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Rows = list[tuple[bool, NDArray[np.float64]]]
Model = dict[str, NDArray[np.float64]]
HIDDEN = 6
_DAMPING = 3e-3
_FAILING = 0.008
"""Share of pictures, those that show a right mark included, in which a wrong mark may pass."""
_FOLDS = 3
_TAIL = 0.05


def fit_rows(rows: Rows, seed: int = 1) -> Model:
    """Return the weights that tell right marks (True) from wrong ones by their measures. Raises ValueError for no rows."""
    torch.manual_seed(seed)
    x = np.array([measures for _, measures in rows])
    y = torch.tensor([float(good) for good, _ in rows])
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = torch.from_numpy(((x - mean) / scale).astype(np.float32))
    inner, outer = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    optimiser = torch.optim.LBFGS(
        [*inner.parameters(), *outer.parameters()], max_iter=300, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        weight = (inner.weight**2).sum() + 0.25 * (outer.weight**2).sum()
        likely = nn.functional.binary_cross_entropy_with_logits(outer(torch.tanh(inner(z)))[:, 0], y)
        value = likely + _DAMPING * weight
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    kept = {"inner": inner.weight.T, "inner_bias": inner.bias, "outer": outer.weight[0], "outer_bias": outer.bias[0]}
    arrays = {name: part.detach().double().numpy() for name, part in kept.items()}
    return {"mean": mean, "scale": scale, **arrays}


def scores(model: Model, rows: Rows) -> NDArray[np.float64]:
    """Return the score (before the logistic) of each row."""
    if not rows:
        return np.zeros(0)
    x = (np.array([measures for _, measures in rows]) - model["mean"]) / model["scale"]
    return np.asarray(np.tanh(x @ model["inner"] + model["inner_bias"]) @ model["outer"] + model["outer_bias"])


def verdict(pictures: Sequence[Rows]) -> dict[str, object]:
    """Return what `logo_verdict.json` holds, fitted on the measures of many pictures.

    The zero lies where `_FAILING` of the pictures would show a wrong mark, each scored by weights that did not see it.
    """
    worst: list[float] = []
    for fold in range(_FOLDS):
        model = fit_rows([row for number, rows in enumerate(pictures) if number % _FOLDS != fold for row in rows])
        wrong = ([row for row in rows if not row[0]] for rows in list(pictures)[fold::_FOLDS])
        worst += [float(max(scores(model, rows), default=-20.0)) for rows in wrong]
    model = fit_rows([row for rows in pictures for row in rows])
    model["outer_bias"] = model["outer_bias"] - passed_by(worst, _FAILING)
    return {name: np.round(part, 5).tolist() for name, part in model.items()}


def passed_by(worst: Sequence[float], share: float) -> float:
    """Return the score that this share of pictures passes; its tail is taken to fall off exponentially.

    So the place rests on the upper `_TAIL` of the pictures and not on the two or three worst. Raises IndexError for none.
    """
    ordered = np.sort(np.asarray(worst))[::-1]
    most = max(1, int(_TAIL * len(ordered)))
    base = float(ordered[min(most, len(ordered) - 1)])
    return base + float((ordered[:most] - base).mean()) * float(np.log(_TAIL / share))
