"""What one observation says about evaluations, numbers of labels, exports and the filter for names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from glue_labels_account import label_files
from glue_labels_account.assumptions import Verdict
from glue_labels_account.label_judges import (
    judge_export,
    judge_failed_import,
    judge_label_count,
    judge_metrics,
    judge_name_filter,
    judge_output_path,
    judge_unready_evaluation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD, NOT_HELD, NOT_SEEN = Verdict.HELD, Verdict.DID_NOT_HOLD, Verdict.NOT_SEEN
NOT_READY = "MLTransformNotReadyException: only in a READY state"
DENIED = "AccessDeniedException: User ann is not authorized to perform this"
SUCCEEDED = {"Status": "SUCCEEDED"}
FAILED = {"Status": "FAILED", "ErrorString": "Column price is missing"}
SOME, OTHER = {"F1": 0.5}, {"F1": 0.9}
FOLDER = "s3://records/exports/"
COLUMNS = ("name", "city")
IMPORTED = "labeling_set_id,label,name,city\nS1,A,Ann,Ulm\nS1,A,Anne,Ulm\nS1,B,Bo,Bern\n"


@pytest.mark.parametrize(
    ("status", "refused", "is_taught", "verdict"),
    [
        ("NOT_READY", NOT_READY, False, HELD),
        ("READY", NOT_READY, False, NOT_HELD),
        ("NOT_READY", "InvalidInputException: no labels", False, NOT_HELD),
        ("NOT_READY", None, False, NOT_HELD),
        ("NOT_READY", NOT_READY, True, NOT_SEEN),
        ("NOT_READY", DENIED, False, NOT_SEEN),
    ],
)
def test_evaluation_without_labels_must_be_refused_as_not_ready(
    status: str, refused: str | None, is_taught: bool, verdict: Verdict
) -> None:
    assert judge_unready_evaluation(status, refused, is_taught=is_taught).verdict is verdict


@pytest.mark.parametrize(
    ("run", "before", "first", "later", "verdict"),
    [
        (SUCCEEDED, {}, SOME, SOME, HELD),
        (SUCCEEDED, {}, SOME, OTHER, NOT_HELD),
        (SUCCEEDED, {}, {}, SOME, NOT_HELD),
        (SUCCEEDED, {}, {}, {}, NOT_HELD),
        (SUCCEEDED, SOME, SOME, SOME, NOT_SEEN),
        (FAILED, {}, SOME, SOME, NOT_SEEN),
    ],
)
def test_metrics_must_be_there_at_once_and_stay(
    run: Any,
    before: Mapping[str, float],
    first: Mapping[str, float],
    later: Mapping[str, float],
    verdict: Verdict,
) -> None:
    assert judge_metrics(run, before, first, later, 60).verdict is verdict


@pytest.mark.parametrize(("count", "verdict"), [(36, HELD), (1, NOT_HELD), (None, NOT_HELD)])
def test_label_count_must_be_the_number_of_labeled_rows(count: int | None, verdict: Verdict) -> None:
    assert judge_label_count(count, 36).verdict is verdict


@pytest.mark.parametrize(
    ("outcome", "before", "after", "verdict"),
    [
        (FAILED, 36, 36, HELD),
        (FAILED, 36, 33, NOT_HELD),
        (FAILED, 36, None, NOT_HELD),
        # LabelCount does not count the labels, so it does not show that they stayed.
        (FAILED, 1, 1, NOT_SEEN),
        (FAILED, None, None, NOT_SEEN),
        (SUCCEEDED, 36, 36, NOT_SEEN),
        ({"Status": "TIMEOUT"}, 36, 36, NOT_SEEN),
        ("InvalidInputException: Invalid label file", 36, 36, NOT_SEEN),
    ],
)
def test_import_that_failed_must_keep_the_number_of_labels(
    outcome: Any, before: int | None, after: int | None, verdict: Verdict
) -> None:
    assert judge_failed_import(outcome, before, after, 36).verdict is verdict


def test_file_of_the_failed_import_has_another_number_of_rows_than_the_labels_before() -> None:
    other, plain = label_files.labels_with_other_columns(), label_files.labels(1)
    assert label_files.row_count(other) != label_files.row_count(plain)


@pytest.mark.parametrize(
    ("echoed", "verdict"),
    [
        ({"OutputS3Path": FOLDER}, HELD),
        ({"OutputS3Path": FOLDER.rstrip("/")}, HELD),
        ({"OutputS3Path": "s3://records/"}, NOT_HELD),
        ({}, NOT_HELD),
    ],
)
def test_output_path_must_be_echoed(echoed: Mapping[str, str], verdict: Verdict) -> None:
    run = {"Properties": {"ExportLabelsTaskRunProperties": echoed}}
    assert judge_output_path(run, FOLDER).verdict is verdict


@pytest.mark.parametrize(
    ("content", "form", "records"),
    [
        (IMPORTED, HELD, HELD),
        # Neither names of labels nor the order of rows and columns count.
        ("name,label,city,labeling_set_id\nBo,1,Bern,7\nAnne,0,Ulm,7\nAnn,0,Ulm,7\n", HELD, HELD),
        (IMPORTED.replace("Ulm", "ulm"), HELD, NOT_HELD),
        (IMPORTED.replace("B,Bo", "A,Bo"), HELD, NOT_HELD),
        (IMPORTED.replace("S1,B,Bo,Bern\n", ""), HELD, NOT_HELD),
        ("labeling_set_id,label,name,city\n", HELD, NOT_HELD),
        ("labeling_set_id,label,name\nS1,A,Ann\nS1,A,Anne\n", NOT_HELD, NOT_HELD),
        ("S1,A,Ann,Ulm\nS1,A,Anne,Ulm\n", NOT_HELD, NOT_HELD),
        ('{"labeling_set_id": "S1"}', NOT_HELD, NOT_HELD),
        ("\udcff", NOT_HELD, NOT_HELD),
    ],
)
def test_export_must_be_csv_with_a_header_and_the_imported_records(
    content: str, form: Verdict, records: Verdict
) -> None:
    found = judge_export({"exports/1.csv": content.encode(errors="surrogateescape")}, COLUMNS, IMPORTED)
    assert [(one.check, one.verdict) for one in found] == [
        ("export-format", form),
        ("export-has-records", records),
    ]


def test_export_of_several_objects_must_have_a_header_in_each() -> None:
    header, *rows = IMPORTED.splitlines(keepends=True)
    with_headers = {str(at): (header + row).encode() for at, row in enumerate(rows)}
    assert [one.verdict for one in judge_export(with_headers, COLUMNS, IMPORTED)] == [HELD, HELD]
    without = {"0": (header + rows[0]).encode(), "1": "".join(rows[1:]).encode()}
    assert [one.verdict for one in judge_export(without, COLUMNS, IMPORTED)] == [NOT_HELD, HELD]


def test_export_without_objects_contradicts_the_format_and_says_nothing_about_the_records() -> None:
    (form,) = judge_export({}, COLUMNS, IMPORTED)
    assert (form.check, form.verdict) == ("export-format", NOT_HELD)


def test_export_of_unknown_labels_says_nothing_about_the_records() -> None:
    (form,) = judge_export({"1.csv": IMPORTED.encode()}, COLUMNS, None)
    assert (form.check, form.verdict) == ("export-format", HELD)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["check-4.0"], HELD),
        (["check-2.0", "check-4.0"], HELD),
        (["check-4.0-copy"], NOT_HELD),
        ([], NOT_HELD),
        ("InvalidInputException: no such filter", NOT_HELD),
        (DENIED, NOT_SEEN),
    ],
)
def test_filter_must_find_a_transform_by_its_whole_name(found: Any, verdict: Verdict) -> None:
    assert judge_name_filter("check-4.0", found).verdict is verdict
