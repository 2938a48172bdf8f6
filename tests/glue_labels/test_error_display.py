"""What Python prints of an error at synth: the message once, and nothing of the CDK's JavaScript."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest
from evaluations import evaluation_in

from glue_labels import InvalidPropertyError, Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_cdk import Stack


def invalid_id(stack: Stack, file: Path) -> None:
    LabelsImport(stack, "Import", transform="", labels=Labels.from_asset(file))


def missing_file(stack: Stack, file: Path) -> None:
    labels = Labels.from_asset(file.with_name("missing.csv"))
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)


def file_with_errors(stack: Stack, file: Path) -> None:
    file.write_text("labeling_set_id,label,customer_id\nSET-01,A,1\nSET-01,A\nSET-01\n")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(file))


def invalid_id_of_evaluation(stack: Stack, file: Path) -> None:
    del file
    evaluation_in(stack, transform="")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (invalid_id, "TransformId must have "),
        (missing_file, "The label file does not exist: "),
        (file_with_errors, "The label file has 2 errors:\n"),
        (invalid_id_of_evaluation, "TransformId must have "),
    ],
)
def test_message_is_printed_once_and_no_javascript(
    stack: Stack, label_file: Path, declare: Callable[[Stack, Path], None], message: str
) -> None:
    with pytest.raises(InvalidPropertyError) as failure:
        declare(stack, label_file)

    printed = "".join(traceback.format_exception(failure.value))
    assert printed.count(message) == 1
    assert "JavaScript" not in printed
