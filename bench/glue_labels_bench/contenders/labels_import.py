"""This project's construct, used as in its README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from ..base_stack import BaseStack


def with_labels_import(stack: BaseStack, count: int) -> None:
    """Add imports to the stack."""
    for number, transform_id in enumerate(stack.transform_ids(count)):
        LabelsImport(
            stack,
            f"Import{number}",
            transform=transform_id,
            labels=Labels.from_bucket(stack.labels.bucket, stack.labels.s3_object_key),
            replace_all_labels=True,
        )
