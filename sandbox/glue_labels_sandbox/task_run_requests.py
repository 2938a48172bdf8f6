"""Requests about ML task runs: which the API accepts, and how it selects and sorts runs."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import JsonRESTError

from .records import EVALUATION, IMPORT_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .records import TaskRun

_TASK_TYPES: Final = (EVALUATION, "LABELING_SET_GENERATION", IMPORT_LABELS, "EXPORT_LABELS", "FIND_MATCHES")
_STATUSES = ("STARTING", "RUNNING", "STOPPING", "STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT")
_COLUMNS = ("TASK_RUN_TYPE", "STATUS", "STARTED")
_DIRECTIONS = ("DESCENDING", "ASCENDING")
_PAGE_SIZE = 100
_MAX_PAGE_SIZE = 1000
# The API's HashString, written for whole code points: no control characters but the tab, no surrogates.
_HASH_STRING = re.compile("[\t\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]{1,255}")
_S3_PATH = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*[^/]", re.DOTALL)


class GlueError(JsonRESTError):
    """An error of Glue; ``InternalServiceException`` has HTTP status 500, all others 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = 500 if code == "InternalServiceException" else 400


@dataclass(frozen=True)
class RunsQuery:
    """A request of GetMLTaskRuns: its Filter, Sort and paging."""

    task_type: str | None
    status: str | None
    started_before: datetime | None
    started_after: datetime | None
    column: str
    descending: bool
    offset: int
    page_size: int

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> RunsQuery:
        """Parse a request; without Sort the newest run comes first, which is an assumption.

        Raises:
            GlueError: InvalidInputException, a parameter is out of its bounds.
        """
        criteria = parameters.get("Filter") or {}
        sort = parameters.get("Sort") or {"Column": "STARTED", "SortDirection": "DESCENDING"}
        page_size = parameters.get("MaxResults", _PAGE_SIZE)
        if type(page_size) is not int or not 1 <= page_size <= _MAX_PAGE_SIZE:
            raise invalid(f"MaxResults must be 1 to {_MAX_PAGE_SIZE}: {page_size!r}")
        return cls(
            task_type=_one_of("TaskRunType", criteria.get("TaskRunType"), _TASK_TYPES),
            status=_one_of("Status", criteria.get("Status"), _STATUSES),
            started_before=_moment(criteria.get("StartedBefore")),
            started_after=_moment(criteria.get("StartedAfter")),
            column=_one_of("Column", sort.get("Column"), _COLUMNS) or _missing("Sort.Column"),
            descending=(
                _one_of("SortDirection", sort.get("SortDirection"), _DIRECTIONS)
                or _missing("Sort.SortDirection")
            )
            == "DESCENDING",
            offset=_offset(parameters.get("NextToken")),
            page_size=page_size,
        )

    def page_of(self, runs: Iterable[TaskRun]) -> tuple[Sequence[TaskRun], str | None]:
        """Return the runs of this page, and the token of the next page if there is one."""
        selected = sorted(filter(self._selects, runs), key=self._sort_key, reverse=self.descending)
        end = self.offset + self.page_size
        token = base64.urlsafe_b64encode(f"from:{end}".encode()).decode() if end < len(selected) else None
        return selected[self.offset : end], token

    def _selects(self, run: TaskRun) -> bool:
        return (
            self.task_type in (None, run.task_type)
            and self.status in (None, run.status)
            and (self.started_before is None or run.started_on < self.started_before)
            and (self.started_after is None or run.started_on > self.started_after)
        )

    def _sort_key(self, run: TaskRun) -> tuple[str, datetime]:
        by = {"STATUS": run.status, "TASK_RUN_TYPE": run.task_type}
        return by.get(self.column, ""), run.started_on


def hash_string(parameters: Mapping[str, Any], name: str) -> str:
    """Return a parameter of the API's type HashString.

    Raises:
        GlueError: InvalidInputException, it is missing or breaks the type's rule.
    """
    value = parameters.get(name)
    if not isinstance(value, str) or not _HASH_STRING.fullmatch(value):
        raise invalid(f"{name} must have 1 to 255 characters and no control characters: {value!r}")
    return value


def s3_object_path(parameters: Mapping[str, Any], name: str) -> str:
    """Return a parameter that names one S3 object.

    Raises:
        GlueError: InvalidInputException, it is missing or not of the form ``s3://bucket/key``.
    """
    value = parameters.get(name)
    if not isinstance(value, str) or not _S3_PATH.fullmatch(value):
        raise invalid("Invalid label file path.")
    return value


def s3_output_path(parameters: Mapping[str, Any]) -> str:
    """Return OutputS3Path, which names a folder; its last slash may be missing.

    Raises:
        GlueError: InvalidInputException, it is missing or not of the form ``s3://bucket/folder``.
    """
    value = parameters.get("OutputS3Path")
    if not isinstance(value, str) or not _S3_PATH.fullmatch(value.rstrip("/")):
        raise invalid("Invalid output S3 path.")
    return value


def flag(parameters: Mapping[str, Any], name: str) -> bool:
    """Return a boolean parameter, false where it is missing.

    Raises:
        GlueError: SerializationException, it is not a boolean.
    """
    value = parameters.get(name)
    if value is not None and not isinstance(value, bool):
        raise GlueError("SerializationException", f"{name} must be a boolean: {value!r}")
    return bool(value)


def invalid(message: str) -> GlueError:
    """Return an InvalidInputException with this message."""
    return GlueError("InvalidInputException", message)


def no_such_transform(account: str, transform_id: str) -> GlueError:
    """Return the error of a call that names a transform which the account does not have.

    Source: Glue developer guide, "AWS Glue machine learning exceptions".
    """
    return GlueError(
        "EntityNotFoundException",
        f"Cannot find MLTransform in account [{account}] with handle [{transform_id}].",
    )


def no_such_run(account: str, transform_id: str, task_run_id: str) -> GlueError:
    """Return the error of a call that names a run which the transform does not have; source as above."""
    return GlueError(
        "EntityNotFoundException",
        f"No ML Task Run found for [{task_run_id}]: in account [{account}] for transform [{transform_id}].",
    )


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        raise invalid(f"{name} must be one of {', '.join(allowed)}: {value!r}")
    return str(value) if value is not None else None


def _missing(name: str) -> str:
    raise invalid(f"{name} is missing")


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise GlueError("SerializationException", f"A timestamp is a number of seconds: {value!r}")
    return datetime.fromtimestamp(value, timezone.utc)


def _offset(token: object) -> int:
    if token is None:
        return 0
    try:
        name, _, offset = base64.urlsafe_b64decode(str(token)).decode().partition(":")
    except ValueError as error:
        raise invalid(f"NextToken is not one of ours: {token!r}") from error
    if name != "from" or not offset.isdigit():
        raise invalid(f"NextToken is not one of ours: {token!r}")
    return int(offset)
