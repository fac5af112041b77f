"""From clues to one score, one outcome and one alert.

Rules:
- each reason is first reduced by what speaks against that very place (a negation beside it)
- the strongest reason leads; further ones elsewhere remove part of the remaining doubt
- what speaks against the listing as a whole takes its share; a cancelling clue leaves next to nothing
- `authorised` and `excluded` never alert; `verify_origin` and `suspected` do from the threshold on
- nothing is dropped: a cancelled reason stays among the findings beside what cancelled it
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectors.types import AGAINST, Clue, Effect
from records.terms import Outcome

_SUPPORT = 0.2
"""Share of the remaining doubt that a further, independent reason removes at most."""
_COUNTED = 8
_FLOOR = 0.01
_CEILING = 0.99
_CANCELLED = 0.04
_LIMITS = {Effect.CANCEL: _CANCELLED, Effect.AUTHORISE: 0.05}
"""What a score is at most after an effect."""
_EXCLUDED_BELOW = 0.4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the clues amount to."""

    score: float
    outcome: Outcome
    alert: bool


def _reduced(find: Clue, clues: Sequence[Clue]) -> float:
    """Return a reason's score after what was said against its own place."""
    span = find.span
    if span is None:
        return find.score
    return _lowered(find.score, [clue for clue in clues if clue.target is not None and clue.target.overlaps(span)])


def _lowered(score: float, clues: Sequence[Clue]) -> float:
    """Return a score after all that speaks against it, in whatever order it comes: shares first, then the limits."""
    for share in sorted(clue.score for clue in clues if clue.effect is Effect.LOWER):
        score *= 1 - share
    return min([score, *(_LIMITS[clue.effect] for clue in clues if clue.effect in _LIMITS)])


def _led(finds: Sequence[tuple[float, Clue]]) -> float:
    """Return the strongest score, helped a little by reasons at other places or in pictures."""
    ranked = sorted(finds, key=lambda item: (-item[0], item[1].detector, item[1].rule, str(item[1].span)))
    total = ranked[0][0] if ranked else 0.0
    counted: list[Clue] = [clue for _, clue in ranked[:1]]
    for score, clue in ranked[1:_COUNTED]:
        if any(_same_place(clue, other) for other in counted):
            continue
        counted.append(clue)
        total += (1 - total) * score * _SUPPORT
    return total


def _same_place(one: Clue, other: Clue) -> bool:
    """Whether two reasons lean on the same thing, and so are not independent."""
    if one.span is None or other.span is None:
        return one.span is None and other.span is None
    return one.span.field == other.span.field


def _weighed(score: float, clues: Sequence[Clue]) -> float:
    """Apply what raises or lowers the listing as a whole."""
    for clue in clues:
        if clue.effect is Effect.RAISE:
            score += (1 - score) * clue.score
    return _lowered(score, [clue for clue in clues if clue.target is None])


def combine(clues: Sequence[Clue], threshold: float, scale: Callable[[float], float] = float) -> Verdict:
    """Return the verdict over all clues of one pair, whatever their order.

    `scale` turns the raw score into what is shown; it must be monotone.
    """
    reduced = [(_reduced(clue, clues), clue) for clue in clues if clue.effect is Effect.FIND]
    score = _led(reduced)
    if score > _CANCELLED:
        score = _weighed(score, sorted(clues, key=lambda clue: (clue.detector, clue.rule, clue.score)))
    outcome = _outcome(round(score, 4), clues)
    score = round(min(_CEILING, max(_FLOOR, scale(score))), 4)
    alert = outcome in {Outcome.SUSPECTED, Outcome.VERIFY_ORIGIN} and score >= threshold
    return Verdict(score, outcome, alert)


def _outcome(score: float, clues: Sequence[Clue]) -> Outcome:
    effects = {clue.effect for clue in clues}
    if any(clue.effect is Effect.CANCEL and clue.target is None for clue in clues):
        return Outcome.EXCLUDED
    if Effect.AUTHORISE in effects:
        return Outcome.AUTHORISED
    if score < _EXCLUDED_BELOW and effects & AGAINST:
        return Outcome.EXCLUDED
    return Outcome.VERIFY_ORIGIN if Effect.VERIFY in effects else Outcome.SUSPECTED
