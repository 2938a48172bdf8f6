"""Where a run's label file is read from, and what can go wrong there."""

from __future__ import annotations

from typing import Any, Protocol

from moto.core.exceptions import ServiceException
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException


class UnreadableLabelFileError(Exception):
    """The label file cannot be had; the text is what the run's ``ErrorString`` says."""


class LabelFiles(Protocol):
    """Reads a label file the way Glue does: as the transform's role."""

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:
        """Return the object's content.

        Args:
            account: Of the transform, 12 digits.
            region: Of the transform.
            role: The transform's role, a name or an ARN.
            bucket: The bucket's name.
            key: The object's key.

        Raises:
            UnreadableLabelFileError: the role may not read it, or it does not exist.
        """
        ...


class MotoLabelFiles:
    """Reads from moto's S3, which knows no permissions of roles."""

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:  # noqa: ARG002 - see class
        """Return the object's content; `role` makes no difference here."""
        # Objects, not a boto3 client: a client would have to go through the mock that is answering right now.
        s3: Any = s3_backends[account][get_partition(region)]
        try:
            found = s3.get_object(bucket, key)
        except (HTTPException, ServiceException) as error:  # moto's own errors are of either kind
            raise UnreadableLabelFileError(f"Unable to read s3://{bucket}/{key}: {error}.") from error
        if found is None:
            raise UnreadableLabelFileError(
                f"Unable to read s3://{bucket}/{key}: The specified key does not exist. (NoSuchKey)"
            )
        content: bytes = found.value
        return content
