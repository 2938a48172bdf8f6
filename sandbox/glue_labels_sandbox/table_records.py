"""The records of a table: its CSV files in S3, read with the transform's role.

Source of the parameters: Glue developer guide, "Table structure"; Amazon Athena user guide, "Open CSV SerDe"
and "Lazy Simple SerDe". No source says which of them FindMatches reads.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .catalog import TableData


class UnreadableRecordsError(ValueError):
    """The table's files are not what the table says; the text is the run's ``ErrorString``."""


def table_records(
    table: TableData, keys: Iterable[str], read: Callable[[str], bytes]
) -> Iterator[tuple[str, ...]]:
    """Yield a table's records, values in the order of the table's columns, partition keys last.

    A record with fewer values than the table has columns is filled up with empty ones; further values are
    left out, as Hive does both.

    Args:
        table: As the Data Catalog describes it.
        keys: Of objects of the table's bucket. Those outside of the table's folder are passed over, and so
            are hidden ones, whose name or folder begins with ``_`` or ``.``.
        read: Returns an object's content, by its key.

    Raises:
        UnreadableRecordsError: an object is no UTF-8 or no CSV.
    """
    bucket, _, path = table.location.removeprefix("s3://").partition("/")
    folder = path.rstrip("/")
    for key in keys:
        if folder and key != folder and not key.startswith(f"{folder}/"):
            continue
        parts = key.removeprefix(folder).strip("/").split("/")
        if any(part.startswith(("_", ".")) for part in parts):
            continue
        partition = _partition(parts[:-1], table.partition_keys)
        width = len(table.columns) - len(partition)
        try:
            for line in _lines(read(key), table):
                yield (*line[:width], *[""] * (width - len(line)), *partition)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnreadableRecordsError(
                f"Cannot read the records in s3://{bucket}/{key}: {error}. The sandbox reads CSV in UTF-8."
            ) from error


def _lines(content: bytes, table: TableData) -> Iterator[list[str]]:
    lines = csv.reader(
        io.StringIO(content.decode(), newline=""),
        delimiter=table.delimiter,
        quotechar=table.quote,
        escapechar=table.escape or None,
    )
    return (line for line in islice(lines, table.header_lines, None) if line)


def _partition(folders: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the values of partition keys from folders like ``country=de``; empty where no folder has one."""
    found = {name.lower(): unquote(value) for name, _, value in (folder.partition("=") for folder in folders)}
    return [found.get(name.lower(), "") for name in names]
