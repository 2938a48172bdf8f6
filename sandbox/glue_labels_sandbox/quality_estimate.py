"""Estimates a transform's quality from its labels, as a Glue evaluation does.

Some labeling sets teach how similar two values must be to agree, and how much agreement in each column says
about a match. The other sets test it. The weights are those of Fellegi and Sunter ("A Theory for Record
Linkage", 1969). Glue's own model is not published, so the numbers are plausible, not Glue's.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_StartMLEvaluationTaskRun.html: some labels teach,
the rest are the test.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, groupby, islice
from math import log
from typing import TYPE_CHECKING, Final

from rapidfuzz.fuzz import ratio

from .records import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .records import LabeledRow

FOLDS: Final = 4
"""Each labeling set tests once what the other folds teach, so that small files can be tested."""

PAIRS_OF_A_SET: Final = 1_225
"""Pairs of one labeling set that count, at most: those of 50 rows, Glue's recommended maximum."""

PAIRS: Final = 20_000
"""Pairs of all sets that count, at most, so that the largest label file takes a second or two."""

THRESHOLDS: Final = (100.0, 80.0, 60.0)
"""Similarities, in percent, from which two values can agree; the labels teach which."""


class TooFewLabelsError(Exception):
    """The labels allow no estimate; the text is the run's ``ErrorString``."""


@dataclass(frozen=True)
class _Pair:
    """Two records of one labeling set.

    Attributes:
        fold: The one in which the set tests.
        match: Whether they have the same label.
        similarities: Of their values, column by column, 0 to 100.
    """

    fold: int
    match: bool
    similarities: tuple[float, ...]


@dataclass(frozen=True)
class _Model:
    """What labels teach.

    Attributes:
        threshold: Values agree from this similarity on.
        weights: For each column, what agreement and what disagreement says: the logarithm of how much more
            frequent it is among matches than among non-matches.
    """

    threshold: float
    weights: tuple[tuple[float, float], ...]

    def score(self, pair: _Pair) -> float:
        """Return the weight of the evidence for a match; above 0 it is a match."""
        return sum(
            agreement if similarity >= self.threshold else disagreement
            for (agreement, disagreement), similarity in zip(self.weights, pair.similarities, strict=True)
        )


def estimate(columns: Sequence[str], rows: Iterable[LabeledRow], primary_key: str) -> Metrics:
    """Return the metrics of a transform that knows these labels; their order does not matter.

    Args:
        columns: The names of the rows' values. Rows of another width, from before the table changed, are
            left out.
        rows: Labeled.
        primary_key: The column that identifies records. It says nothing about matches and is left out.

    Raises:
        TooFewLabelsError: there are not two labeling sets with pairs of records, a match and a non-match.
    """
    compared = [at for at, name in enumerate(columns) if name.lower() != primary_key.lower()]
    compared = compared or list(range(len(columns)))
    usable = [row for row in rows if len(row.values) == len(columns)]
    pairs = list(islice(_pairs(usable, compared), PAIRS))
    if len({pair.fold for pair in pairs}) < 2 or len({pair.match for pair in pairs}) < 2:
        raise TooFewLabelsError(
            "The transform has too few labels to estimate its quality. It needs at least two labeling sets "
            "of two records or more, and examples of matches and of non-matches."
        )
    scored = []
    for fold in range(FOLDS):
        model = _taught_by([pair for pair in pairs if pair.fold != fold])
        scored += [(model.score(pair), pair.match) for pair in pairs if pair.fold == fold]
    names = [columns[at] for at in compared]
    return _metrics(scored, _importances(_taught_by(pairs), names, pairs))


def _pairs(rows: Iterable[LabeledRow], compared: Sequence[int]) -> Iterator[_Pair]:
    sets: defaultdict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for row in rows:
        sets[row.labeling_set_id].append((row.label, [_essence(row.values[at]) for at in compared]))
    names = sorted(name for name, members in sets.items() if len(members) > 1)
    for number, name in enumerate(names):
        members = sorted(sets[name], key=lambda member: (member[1], member[0]))
        for (label, values), (other_label, others) in islice(combinations(members, 2), PAIRS_OF_A_SET):
            similarities = tuple(ratio(value, other) for value, other in zip(values, others, strict=True))
            yield _Pair(number % FOLDS, label == other_label, similarities)


def _essence(value: str) -> str:
    """Return the letters and digits, without accents and case: ``(503) 555-01`` is ``50355501``."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(character for character in decomposed if character.isalnum())


def _taught_by(pairs: Sequence[_Pair]) -> _Model:
    """Return the model with the threshold that fits these pairs best; of equal ones the highest."""
    models = [_Model(threshold, _weights(pairs, threshold)) for threshold in THRESHOLDS]
    return max(models, key=lambda model: _f1([(model.score(pair), pair.match) for pair in pairs]))


def _weights(pairs: Sequence[_Pair], threshold: float) -> tuple[tuple[float, float], ...]:
    shares = {}
    for match in (True, False):
        chosen = [pair.similarities for pair in pairs if pair.match is match]
        # Half a pair more on each side, because a case that never occurred is not impossible.
        shares[match] = [
            (sum(similarity >= threshold for similarity in column) + 0.5) / (len(chosen) + 1)
            for column in (zip(*chosen, strict=True) if chosen else [()] * len(pairs[0].similarities))
        ]
    return tuple(
        (log(of_matches / of_others), log((1 - of_matches) / (1 - of_others)))
        for of_matches, of_others in zip(shares[True], shares[False], strict=True)
    )


def _f1(scored: Sequence[tuple[float, bool]]) -> float:
    right = sum(match for score, match in scored if score > 0)
    taken = sum(score > 0 for score, _ in scored)
    matches = sum(match for _, match in scored)
    return 2 * right / (taken + matches) if right else 0.0


def _metrics(scored: Sequence[tuple[float, bool]], importances: tuple[tuple[str, float], ...]) -> Metrics:
    right = sum(match for score, match in scored if score > 0)
    taken = sum(score > 0 for score, _ in scored)
    matches = sum(match for _, match in scored)
    return Metrics(
        f1=_f1(scored),
        precision=right / taken if taken else 0.0,
        recall=right / matches,
        area_under_pr_curve=_area_under_pr_curve(scored, matches),
        true_positives=right,
        false_positives=taken - right,
        true_negatives=len(scored) - matches - (taken - right),
        false_negatives=matches - right,
        column_importances=importances,
    )


def _area_under_pr_curve(scored: Sequence[tuple[float, bool]], matches: int) -> float:
    """Return the average precision: a step of the curve for each score that occurs."""
    area, taken, right = 0.0, 0, 0
    for _, group in groupby(sorted(scored, reverse=True), key=lambda one: one[0]):
        found = [match for _, match in group]
        taken += len(found)
        right += sum(found)
        area += sum(found) / matches * right / taken
    return min(area, 1.0)


def _importances(
    model: _Model, names: Sequence[str], pairs: Sequence[_Pair]
) -> tuple[tuple[str, float], ...]:
    """Return how far each column moves the scores of matches and of non-matches apart, all together 1."""
    gaps = []
    for column, (agreement, disagreement) in enumerate(model.weights):
        agreeing = {
            match: [pair.similarities[column] >= model.threshold for pair in pairs if pair.match is match]
            for match in (True, False)
        }
        shares = {match: sum(found) / len(found) for match, found in agreeing.items()}
        gaps.append(max(0.0, (agreement - disagreement) * (shares[True] - shares[False])))
    total = sum(gaps)
    # If no column helps, all are equally important.
    importances = [gap / total if total else 1 / len(gaps) for gap in gaps]
    return tuple(sorted(zip(names, importances, strict=True), key=lambda one: (-one[1], one[0])))
