"""This project's construct, as its README has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from ..world import World


def with_labels_import(world: World, count: int) -> None:
    """Add imports to the stack."""
    for number, transform_id in enumerate(world.transform_ids(count)):
        LabelsImport(
            world,
            f"Import{number}",
            transform=transform_id,
            labels=Labels.from_bucket(world.labels.bucket, world.labels.s3_object_key),
            replace_all_labels=True,
        )
