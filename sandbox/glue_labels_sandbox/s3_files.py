"""The files in S3 that task runs read and write, and what can go wrong there.

Source of the texts: Glue developer guide, "AWS Glue machine learning exceptions", StartImportLabelsTaskRun
(https://docs.aws.amazon.com/glue/latest/dg/exceptions-machine-learning.html).
"""

from __future__ import annotations

from typing import Any, Protocol

from moto.core.exceptions import ServiceException
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException


class LabelFileError(Exception):
    """The label file cannot be used; the text is Glue's.

    Attributes:
        denied: Whether only a permission is missing, so that the read succeeds once it is granted.
    """

    denied = False


class UnusableRoleError(LabelFileError):
    """Glue cannot assume the transform's role."""

    denied = True

    def __init__(self, role: str, detail: str) -> None:
        """Name the role as the transform does; `detail` is a sentence about what is wrong with it."""
        super().__init__(f"Cannot use IAM role provided in the transform. Role: {role}. {detail}")


class UnreadableLabelFileError(LabelFileError):
    """A file cannot be read or written as the transform's role; the text is that of a label file.

    Attributes:
        path: ``s3://bucket/key``.
        message: S3's.
    """

    def __init__(self, path: str, message: str, *, denied: bool = False) -> None:
        """Name the path, ``s3://bucket/key``, and give S3's message."""
        super().__init__(f"Cannot access the label file at {path}. {message}")
        self.path = path
        self.message = message
        self.denied = denied


class OtherRegionError(LabelFileError):
    """The label file's bucket is in another region than the transform."""

    def __init__(self, expected: str, actual: str) -> None:
        """Give the transform's region and the bucket's."""
        super().__init__(
            "S3 path provided is not in the same region as transform. "
            f"Expecting region - {expected}, but got - {actual}."
        )


class S3Files(Protocol):
    """Reads and writes files in S3 the way Glue does: as the transform's role."""

    def region(self, account: str, region: str, bucket: str) -> str | None:
        """Return the region of a bucket, whoever owns it; None if there is no such bucket.

        Args:
            account: Of the transform, 12 digits.
            region: Of the transform.
            bucket: The bucket's name.
        """
        ...

    def keys(self, account: str, region: str, role: str, bucket: str, prefix: str) -> list[str]:
        """Return the keys of the objects whose keys begin with a prefix, sorted; errors as of `read`."""
        ...

    def write(self, account: str, region: str, role: str, bucket: str, key: str, content: bytes) -> None:
        """Write an object; arguments and errors as of `read`."""
        ...

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:
        """Return the object's content.

        Args:
            account: Of the transform, 12 digits.
            region: Of the transform.
            role: The transform's role, a name or an ARN.
            bucket: The bucket's name.
            key: The object's key.

        Raises:
            UnusableRoleError: Glue cannot assume the role.
            UnreadableLabelFileError: the role may not read the object, or it does not exist.
            OtherRegionError: the bucket is not in the transform's region.
        """
        ...


class MotoS3Files:
    """Uses moto's S3, which ignores the permissions of roles."""

    def region(self, account: str, region: str, bucket: str) -> str | None:
        """Return the region of a bucket; None if there is no such bucket."""
        try:
            return str(_moto_s3(account, region).get_bucket(bucket).region_name)
        except (HTTPException, ServiceException):
            return None

    def keys(self, account: str, region: str, role: str, bucket: str, prefix: str) -> list[str]:  # noqa: ARG002 - see class
        """Return the sorted keys that begin with a prefix; see `S3Files`."""
        found = self._bucket(account, region, bucket, prefix)
        return sorted(key for key in found.keys if key.startswith(prefix))

    def write(self, account: str, region: str, role: str, bucket: str, key: str, content: bytes) -> None:  # noqa: ARG002 - see class
        """Write an object; see `S3Files`."""
        self._bucket(account, region, bucket, key)
        _moto_s3(account, region).put_object(bucket, key, content)

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:  # noqa: ARG002 - see class
        """Return the object's content; see `S3Files`."""
        self._bucket(account, region, bucket, key)
        found = _moto_s3(account, region).get_object(bucket, key)
        if found is None:
            raise UnreadableLabelFileError(
                f"s3://{bucket}/{key}", s3_message("The specified key does not exist", 404, "NoSuchKey")
            )
        content: bytes = found.value
        return content

    @staticmethod
    def _bucket(account: str, region: str, bucket: str, key: str) -> Any:
        try:
            found = _moto_s3(account, region).get_bucket(bucket)
        except (HTTPException, ServiceException) as error:  # moto's own errors are of either kind
            code = getattr(error, "error_type", error.code)
            message = s3_message(getattr(error, "message", str(error)), 404, str(code))
            raise UnreadableLabelFileError(f"s3://{bucket}/{key}", message) from error
        if (actual := str(found.region_name)) != region:
            raise OtherRegionError(region, actual)
        return found


def _moto_s3(account: str, region: str) -> Any:
    # Not a boto3 client, whose calls would go through the mock that is serving a call right now.
    return s3_backends[account][get_partition(region)]


def s3_message(message: str, status: int, code: str) -> str:
    """Return an error of S3 in the words of the AWS SDK for Java, as Glue's messages quote it.

    Args:
        message: S3's own message.
        status: The response's HTTP status.
        code: The error's code, for example ``AccessDenied``.
    """
    return f"{message.rstrip('.')} (Service: Amazon S3; Status Code: {status}; Error Code: {code})."


def bucket_and_key(path: str) -> tuple[str, str]:
    """Return the bucket and the key of ``s3://bucket/key``."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key
