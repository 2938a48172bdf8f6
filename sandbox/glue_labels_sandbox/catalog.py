"""Tables of the Data Catalog: their columns, and their records, CSV files in S3.

Source: Glue developer guide, "Tuning machine learning transforms", "Labeling file format": after the first
two columns, a label file has the columns of the table. No source says what Glue does with other columns, or
another order; that such a run ends FAILED is an assumption.

Source of the parameters: Glue developer guide, "Table structure"; Amazon Athena user guide, "Open CSV SerDe"
and "Lazy Simple SerDe". No source says which of them FindMatches reads.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import glue_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# CSV as a classification, and the ends of the names of Hive's two libraries for it, in lower case.
_CSV = ("csv", "opencsvserde", "lazysimpleserde")


class NoSuchTableError(Exception):
    """The Data Catalog does not have the table; the text is what the run's ``ErrorString`` says."""

    def __init__(self, database: str, table: str) -> None:
        """Name the table and its database."""
        super().__init__(
            f"Cannot read table {database}.{table} in the Data Catalog: Entity Not Found "
            "(Service: AWSGlue; Status Code: 400; Error Code: EntityNotFoundException)."
        )


class NotCsvError(Exception):
    """The sandbox does not read the format of the table's records; the text says so."""

    def __init__(self, form: str) -> None:
        """Name the form as the table does."""
        super().__init__(f"The sandbox reads tables of CSV files only, and this one says {form}.")


class UnreadableRecordsError(ValueError):
    """The table's files are not what the table says; the text is the run's ``ErrorString``."""


@dataclass(frozen=True)
class TableData:
    """Where a table's records are, and how to read them.

    Attributes:
        columns: Names, in order, partition keys last.
        location: ``s3://bucket/folder``; empty if the table names none.
        header_lines: How many lines of each file are no records (``skip.header.line.count``).
        partition_keys: Names of the last columns, whose values are in the names of folders.
        delimiter: Between values, one character.
        quote: Around values, one character.
        escape: Makes the next character a plain one; empty if there is none.
    """

    columns: tuple[str, ...]
    location: str
    header_lines: int
    partition_keys: tuple[str, ...] = ()
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""


class Catalog:
    """Describes tables; a subclass finds them."""

    def find(self, account: str, region: str, database: str, table: str) -> Mapping[str, Any] | None:
        """Return a table as GetTable describes it; None if the catalog does not have it.

        Args:
            account: Of the catalog, 12 digits.
            region: Of the catalog.
            database: The database's name.
            table: The table's name.
        """
        raise NotImplementedError

    def columns(self, account: str, region: str, database: str, table: str) -> tuple[str, ...] | None:
        """Return the names of a table's columns, in order, partition keys last; None accepts any columns.

        Raises:
            NoSuchTableError: the catalog does not have the table.
        """
        return column_names(self._described(account, region, database, table))

    def data(self, account: str, region: str, database: str, table: str) -> TableData:
        """Return where a table's records are.

        Raises:
            NoSuchTableError: the catalog does not have the table.
            NotCsvError: its records are not CSV.
            ValueError: a parameter of the table is malformed.
        """
        return table_data(self._described(account, region, database, table))

    def _described(self, account: str, region: str, database: str, table: str) -> Mapping[str, Any]:
        found = self.find(account, region, database, table)
        if found is None:
            raise NoSuchTableError(database, table)
        return found


class MotoCatalog(Catalog):
    """Reads moto's Data Catalog."""

    def find(self, account: str, region: str, database: str, table: str) -> Mapping[str, Any] | None:
        """Return a table; None if the catalog does not have it."""
        backend: Any = glue_backends[account][region]
        try:
            found: Mapping[str, Any] = backend.get_table(database, table).as_dict()
        except EntityNotFoundException:
            return None
        return found


class AnyColumns(Catalog):
    """A catalog with every table, each with the columns of any file: for tests that are not about columns."""

    def columns(self, account: str, region: str, database: str, table: str) -> None:
        """Return None, whichever table it is."""

    def data(self, account: str, region: str, database: str, table: str) -> TableData:  # noqa: ARG002 - none has any
        """Return that there are no records, whichever table it is."""
        return TableData((), "", 0)


def column_names(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the columns of a table as GetTable describes it, partition keys last."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return tuple(str(column["Name"]) for column in [*columns, *(table.get("PartitionKeys") or [])])


def table_data(table: Mapping[str, Any]) -> TableData:
    """Return where the records of a table are, as GetTable describes it.

    Source: Glue developer guide, "Table structure" (Parameters, StorageDescriptor, SerdeInfo).

    Raises:
        NotCsvError: the table's classification or its library for serialization is not one for CSV.
        ValueError: ``skip.header.line.count`` is no number, or a delimiter is not one character.
    """
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    # Crawlers write them to either place.
    parameters = {**(serde.get("Parameters") or {}), **(table.get("Parameters") or {})}
    for form in (parameters.get("classification"), serde.get("SerializationLibrary")):
        if form and not str(form).lower().endswith(_CSV):
            raise NotCsvError(str(form))
    header_lines = str(parameters.get("skip.header.line.count") or 0)
    if not header_lines.isdecimal():
        raise ValueError(f"skip.header.line.count of a table is a number of lines, not {header_lines!r}.")
    return TableData(
        column_names(table),
        str(storage.get("Location") or ""),
        int(header_lines),
        tuple(str(column["Name"]) for column in table.get("PartitionKeys") or []),
        _character(parameters, "separatorChar", "field.delim", "delimiter") or ",",
        _character(parameters, "quoteChar") or '"',
        _character(parameters, "escapeChar", "escape.delim"),
    )


def _character(parameters: Mapping[str, Any], *names: str) -> str:
    """Return the first of these parameters that the table has, one character; empty if it has none."""
    for name in names:
        if value := str(parameters.get(name) or ""):
            if len(value) > 1:
                raise ValueError(f"The sandbox reads tables whose {name} is one character, not {value!r}.")
            return value
    return ""


def mismatch(file_columns: Sequence[str], table_columns: Sequence[str], table: str) -> str | None:
    """Return how the record columns of a label file differ from a table's; None if they do not.

    Case does not matter; the order does.

    Args:
        file_columns: Without labeling_set_id and label.
        table_columns: Partition keys last.
        table: The table's name, for the text.
    """
    found = [name.lower() for name in file_columns]
    expected = [name.lower() for name in table_columns]
    if found == expected:
        return None
    lacking = {
        "Missing": [name for name in expected if name not in found],
        "Extra": [name for name in found if name not in expected],
    }
    details = [f"{what}: {', '.join(names)}." for what, names in lacking.items() if names] or [
        f"Their order is {', '.join(found)}; the table's is {', '.join(expected)}."
    ]
    return " ".join([f"The columns of the label file do not match those of table {table}.", *details])


def table_records(
    table: TableData, keys: Iterable[str], read: Callable[[str], bytes]
) -> Iterator[tuple[str, ...]]:
    """Yield a table's records, values in the order of the table's columns, partition keys last.

    As in Hive, missing values at the end of a record are empty, and values beyond the columns are left out.

    Args:
        table: As the Data Catalog describes it.
        keys: Of objects of the table's bucket. Objects outside of the table's folder are skipped, and so are
            hidden ones, whose name or folder begins with ``_`` or ``.``.
        read: Returns an object's content, by its key.

    Raises:
        UnreadableRecordsError: an object is not UTF-8 or not CSV.
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
