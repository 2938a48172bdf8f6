"""Checks a label version: a file, or the files of a folder as one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.across_sets import Contradictions, put_together, remember_ids
from glue_labels.labeling_file.label_files import LabelFiles
from glue_labels.labeling_file.label_values import differences
from glue_labels.labeling_file.labeling_sets import LabelingSets
from glue_labels.labeling_file.on_disk import Repeats
from glue_labels.labeling_file.reading import Reading
from glue_labels.labeling_file.report import Findings, Report, Summary, counted, shown
from glue_labels.labeling_file.rules import MAX_FILE_BYTES, RULES, known_rules

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from glue_labels.labeling_file.across_sets import SimilarSetIds
    from glue_labels.labeling_file.label_rows import SetBatch
    from glue_labels.labeling_file.rules import Rule

_OTHER_VERSION = "a checkout with LF is another label version, so the same labels are imported again"


def check(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    ignore_rules: Iterable[str] = (),
    limit: int = 20,
    see: Callable[[bytes], object] | None = None,
    name: str | None = None,
    as_version: bool = False,
) -> Report:
    """Check a label file, or the CSV files of a folder as if they were one file.

    Files are read once, as a stream. Memory does not grow with them. They are read a second time only if the
    rows of a set do not follow each other, or if two ids are nearly the same.

    Args:
        path: the file or folder.
        columns: names of the table's columns in their order (default: they are not known).
        ignore_rules: names of rules that are turned off.
        limit: how many errors and how many warnings are reported; all are counted.
        see: is called with the bytes of all files in order, in blocks (default: not called).
        name: the file's name in findings (default: `path`).
        as_version: whether to report line ends, too: they decide whether two checkouts are the same version.

    Raises:
        UnknownRuleError: `ignore_rules` has a name that no rule has.
        OSError: a file cannot be read, or a folder has no CSV files.
    """
    ignored = known_rules(ignore_rules)
    files = LabelFiles.at(path)
    names = files.paths if name is None else (name,)
    reading = Reading(files, names, columns, Findings(limit, ignored), see)
    with closing(Repeats()) as ids:
        sets, found = _check_sets(remember_ids(reading.sets(), ids), reading, Findings(limit, ignored))
        are_ids_repeated = ids.settle()
    if are_ids_repeated:
        again = Reading(files, names, None, Findings(0, frozenset(RULES)))
        similar: list[SimilarSetIds] = []
        # If the ids are wrong, the parts are no further finding.
        are_wrong = rules.SIMILAR_SET_IDS.name not in ignored
        together = put_together(again.sets(), similar, parts_of_similar=not are_wrong)
        sets, found = _check_sets(together, reading, Findings(limit, ignored), similar)
    if reading.left_out:
        # The rows that were left out may be the missing half.
        for rule in (rules.NO_PAIRS, rules.NO_MATCHES, rules.NO_NON_MATCHES):
            found.drop(rule, 0)
    if found.count_of(rules.SIMILAR_LABELS) or found.count_of(rules.SIMILAR_SET_IDS):
        # With one spelling, there may be matches.
        found.drop(rules.NO_MATCHES, 0)
    if found.count_of(rules.NO_PAIRS):
        for file in range(len(names)):
            found.drop(rules.SINGLE_ROW_SET, file)
    found.add_all(reading.findings)
    if as_version and reading.crlf:
        others = len(reading.crlf) - 1
        which = f", in {counted(others, 'other file', 'other files')} too" if others else ""
        found.add(
            reading.crlf[0], rules.CRLF_LINE_ENDS, 1, f"the lines end in CR LF{which}: {_OTHER_VERSION}"
        )
    if files.size > MAX_FILE_BYTES:
        what = "the files of the folder have" if files.folder else "the file has"
        found.add(0, rules.OVER_10_MB, 1, f"{what} {files.size:,} bytes, more than {MAX_FILE_BYTES:,}")
    for file, rule in reading.alone.items():
        if rule.name not in ignored:
            found.keep_only(rule, file)
    path_of = names.__getitem__
    return Report(
        found.first("error", path_of),
        found.first("warning", path_of),
        found.count("error"),
        found.count("warning"),
        Summary(
            rows=sets.rows,
            labeling_sets=sets.sets,
            matches=sets.matches,
            non_matches=sets.non_matches,
            smallest_set=sets.smallest,
            largest_set=sets.largest,
            columns=reading.header.record_columns if reading.header else (),
        ),
    )


def _check_sets(
    sets: Iterable[SetBatch], reading: Reading, found: Findings, similar: Sequence[SimilarSetIds] = ()
) -> tuple[LabelingSets, Findings]:
    places = reading.places

    def add(rule: Rule, line: int, problem: str, remedy: str = "", /) -> None:
        file, line_there = places.of(line)
        found.add(file, rule, line_there, problem, remedy)

    checked = LabelingSets(places, add)
    with closing(Contradictions()) as contradictions:
        for batch in sets:
            checked.add(batch)
            contradictions.add(batch)
        checked.check_all(reading.unlabeled)
        for ids in similar:
            others = f"; so do {counted(ids.others, 'other group', 'other groups')}" if ids.others else ""
            differ = f"{' and '.join(map(shown, ids.set_ids))} differ only by {differences(ids.set_ids)}"
            add(rules.SIMILAR_SET_IDS, ids.line, f"labeling_set_ids {differ}{others}")
        for *matching, line, other_line in contradictions.find():
            there = places.named(matching, beside=line)
            here = places.named([line, other_line], beside=line)
            add(
                rules.CONTRADICTING_SETS,
                line,
                f"the records of {here} do not match here, but match in {there}",
            )
    return checked, found
