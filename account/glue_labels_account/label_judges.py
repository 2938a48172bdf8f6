"""Whether what a transform learned, and what Glue tells about it, confirms an assumption. Pure.

Exported labels are read by the functions with which `glue-labels export` and `status` read them.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from glue_labels_cli.label_comparison import LabeledSets, compare
from glue_labels_cli.s3_output import join_parts

from .assumptions import Finding, Verdict, described, finding, says_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def judge_unready_evaluation(status: str, refused: str | None, *, is_taught: bool) -> Finding:
    """Judge the start of an evaluation of a transform that has no labels.

    Args:
        status: the transform's, before the start.
        refused: the refusal, code and text. None, if the evaluation was started.
        is_taught: whether the transform has labels after all.
    """
    check, seen = "evaluation-not-ready", f"{status}; the evaluation: {refused or 'started'}"
    if is_taught or says_nothing(refused):
        return Finding(check, Verdict.NOT_SEEN, f"{'The transform has labels' if is_taught else refused}")
    is_refused = refused is not None and refused.startswith("MLTransformNotReadyException")
    return finding(check, status != "READY" and is_refused, seen)


def judge_metrics(
    run: Mapping[str, Any],
    before: Mapping[str, Any],
    first: Mapping[str, Any],
    later: Mapping[str, Any],
    seconds: float,
) -> Finding:
    """Judge the metrics of a transform's first evaluation.

    Args:
        run: the evaluation, as it ended.
        before: FindMatchesMetrics of GetMLTransform before the evaluation; empty if there are none.
        first: the same directly after the run had SUCCEEDED.
        later: the same later.
        seconds: how much later.
    """
    check = "metrics-at-once"
    if run["Status"] != "SUCCEEDED":
        return Finding(check, Verdict.NOT_SEEN, described(run))
    if before:
        # If `first` is equal, these may be the metrics of an evaluation before.
        return Finding(check, Verdict.NOT_SEEN, "The transform had metrics before this evaluation.")
    shown = [f"F1 {one.get('F1')}" if one else "no metrics" for one in (first, later)]
    equal = "the same" if first == later else "others"
    seen = f"at once {shown[0]}, {seconds:.0f} s later {shown[1]}: {equal}"
    return finding(check, bool(first) and first == later, seen)


def judge_label_count(count: int | None, rows: int) -> Finding:
    """Judge the LabelCount of a transform that was taught one label file.

    Args:
        count: LabelCount of GetMLTransform. None, if it is missing.
        rows: the file's labeled rows.
    """
    return finding("label-count", count == rows, f"{count} after an import of {rows} labeled rows")


def judge_failed_import(
    outcome: str | Mapping[str, Any], before: int | None, after: int | None, rows: int
) -> Finding:
    """Judge what an import that failed did to the labels. Its file has another number of rows than `rows`.

    Args:
        outcome: the refusal of its start, or the run as it ended.
        before: LabelCount of GetMLTransform before the import.
        after: LabelCount afterwards.
        rows: the labeled rows that the transform knew.
    """
    check, seen = "failed-import-keeps-labels", f"LabelCount {before} before, {after} after"
    if isinstance(outcome, str):
        return Finding(check, Verdict.NOT_SEEN, f"No run failed. The start was refused: {outcome}")
    if outcome["Status"] != "FAILED":
        return Finding(check, Verdict.NOT_SEEN, f"No run failed. {described(outcome)}")
    if before != rows:
        return Finding(check, Verdict.NOT_SEEN, f"LabelCount {before} does not show the {rows} labeled rows.")
    return finding(check, before == after, f"{seen}. {described(outcome)}")


def judge_output_path(run: Mapping[str, Any], path: str) -> Finding:
    """Judge whether GetMLTaskRun has the OutputS3Path of an export. A slash at its end may be missing.

    Args:
        run: what GetMLTaskRun returned.
        path: the OutputS3Path that was passed.
    """
    echoed = run.get("Properties", {}).get("ExportLabelsTaskRunProperties", {}).get("OutputS3Path")
    holds = echoed is not None and echoed.rstrip("/") == path.rstrip("/")
    return finding("output-path-echoed", holds, f"OutputS3Path {echoed}, started with {path}")


def judge_export(
    objects: Mapping[str, bytes], columns: Sequence[str], imported: str | None
) -> tuple[Finding, ...]:
    """Judge the objects of an export.

    Args:
        objects: the contents of the objects at and below the path, by key, without empty ones.
        columns: names of the table's columns.
        imported: the label file that the transform was taught. None, if it is not known.
    """
    expected = {"labeling_set_id", "label", *columns}
    headers = {key: _header(content) for key, content in objects.items()}
    shown = "; ".join(f"{key}: {','.join(header)}" for key, header in headers.items())
    holds = bool(headers) and all(expected <= set(header) for header in headers.values())
    form = finding("export-format", holds, shown or "no objects at the path or below it")
    if not objects or imported is None:
        return (form,)
    try:
        exported = LabeledSets.read(join_parts([objects[key] for key in sorted(objects)]))
    except (ValueError, csv.Error) as error:
        return form, finding("export-has-records", False, f"The objects are no label file: {error}")
    differs = compare(LabeledSets.read(imported.encode()), exported)
    seen = f"{len(exported.sets)} labeling sets, " + ("as imported" if differs.same else f"but {differs}")
    return form, finding("export-has-records", differs.same, seen)


def judge_name_filter(name: str, found: str | Sequence[str]) -> Finding:
    """Judge the transforms that GetMLTransforms returned for a whole name.

    Args:
        name: of a transform that exists.
        found: the names of the transforms, or the refusal.
    """
    check = "name-filter"
    if isinstance(found, str):
        if says_nothing(found):
            return Finding(check, Verdict.NOT_SEEN, found)
        return finding(check, False, found)
    others = [other for other in found if other != name]
    seen = f"{name} finds {'itself' if name in found else 'not itself'}, and {len(others)} others"
    return finding(check, name in found, seen + (f", such as {others[0]}" if others else ""))


def _header(content: bytes) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")), [])
    except (UnicodeDecodeError, csv.Error):
        return ["not CSV in UTF-8"]
