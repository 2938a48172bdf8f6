"""Label files without S3, and such as may not be read for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_sandbox.s3_files import LabelFileError, S3Files


@dataclass
class GivenFiles:
    """Every path is a label file: with the content that is given for it, else with that of all others."""

    contents: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:  # noqa: ARG002 - all may
        return self.contents.get(f"s3://{bucket}/{key}", LABELS)


@dataclass
class DeniedFiles:
    """Label files of which one bucket's may not be read before a moment; nobody learns of the change."""

    files: S3Files
    bucket: str
    clock: Callable[[], float]
    until: float
    error: LabelFileError

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:
        if bucket == self.bucket and self.clock() < self.until:
            raise self.error
        return self.files.read(account, region, role, bucket, key)
