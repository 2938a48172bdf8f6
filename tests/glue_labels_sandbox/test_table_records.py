"""How the sandbox reads a table's records from S3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from glue_labels_sandbox.catalog import NotCsvError, UnreadableRecordsError, table_data, table_records

OBJECTS = {"people/part-1.csv": b"id,name\n1,Ann\n", "people/part-2.csv": b"id,name\n2,Bo\n"}


def table(location: str = "s3://bucket/people/", **settings: Any) -> dict[str, Any]:
    """Return a table of two columns as GetTable describes it."""
    columns = [{"Name": name, "Type": "string"} for name in ("id", "name")]
    parameters = {"skip.header.line.count": "1", **settings.pop("parameters", {})}
    storage = {"Columns": columns, "Location": location, **settings.pop("storage", {})}
    return {"Name": "people", "Parameters": parameters, "StorageDescriptor": storage, **settings}


def records(described: dict[str, Any], objects: dict[str, bytes] | None = None) -> list[tuple[str, ...]]:
    found = OBJECTS if objects is None else objects
    return list(table_records(table_data(described), sorted(found), found.__getitem__))


def test_records_are_those_of_all_files_without_their_headers() -> None:
    assert records(table()) == [("1", "Ann"), ("2", "Bo")]


def test_first_line_is_a_record_if_the_table_says_nothing_of_a_header() -> None:
    assert records(table(parameters={"skip.header.line.count": "0"}))[0] == ("id", "name")
    described = table()
    del described["Parameters"]
    assert records(described)[0] == ("id", "name")


def test_header_may_be_set_by_the_parameters_of_the_serde() -> None:
    described = table(storage={"SerdeInfo": {"Parameters": {"skip.header.line.count": "1"}}})
    del described["Parameters"]
    assert records(described) == [("1", "Ann"), ("2", "Bo")]


@pytest.mark.parametrize("location", ["s3://bucket/people", "s3://bucket/people/"])
def test_files_of_a_folder_whose_name_begins_alike_are_not_the_tables(location: str) -> None:
    assert records(table(location), {**OBJECTS, "people-old/part-1.csv": b"id,name\n3,Cy\n"}) == [
        ("1", "Ann"),
        ("2", "Bo"),
    ]


@pytest.mark.parametrize(
    ("location", "ids"), [("s3://bucket", ["1", "2"]), ("s3://bucket/people/part-2.csv", ["2"])]
)
def test_location_may_be_the_whole_bucket_or_one_file(location: str, ids: list[str]) -> None:
    assert [record[0] for record in records(table(location))] == ids


@pytest.mark.parametrize("key", ["people/_SUCCESS", "people/.part-1.csv.crc", "people/_temporary/part-1.csv"])
def test_hidden_files_have_no_records(key: str) -> None:
    assert len(records(table(), {**OBJECTS, key: b"id,name\n3,Cy\n"})) == 2


def test_record_has_a_value_for_each_column() -> None:
    assert records(table(), {"people/a.csv": b"id,name\n1\n\n2,Bo,further\n"}) == [("1", ""), ("2", "Bo")]


def test_partition_keys_are_the_last_values() -> None:
    described = table(PartitionKeys=[{"Name": "country"}, {"Name": "city"}])
    assert table_data(described).columns == ("id", "name", "country", "city")
    found = {
        "people/Country=de/city=Bad%20Ems/a.csv": b"id,name\n1,Ann\n",
        "people/country=ch/b.csv": b"id,name\n2\n",
    }
    assert records(described, found) == [("1", "Ann", "de", "Bad Ems"), ("2", "", "ch", "")]


@pytest.mark.parametrize("name", ["separatorChar", "field.delim"])
def test_delimiter_is_the_one_of_the_serde(name: str) -> None:
    described = table(storage={"SerdeInfo": {"Parameters": {name: ";"}}})
    assert records(described, {"people/a.csv": b"id;name\n1;Lee, Ann\n"}) == [("1", "Lee, Ann")]


def test_quote_and_escape_are_those_of_the_serde() -> None:
    described = table(storage={"SerdeInfo": {"Parameters": {"quoteChar": "'", "escapeChar": "\\"}}})
    assert records(described, {"people/a.csv": b"id,name\n1,'Lee, \\'Ann\\''\n"}) == [("1", "Lee, 'Ann'")]


@pytest.mark.parametrize("library", ["OpenCSVSerde", "lazy.LazySimpleSerDe"])
def test_libraries_for_csv_are_read(library: str) -> None:
    serde = {"SerializationLibrary": f"org.apache.hadoop.hive.serde2.{library}"}
    assert len(records(table(parameters={"classification": "csv"}, storage={"SerdeInfo": serde}))) == 2


@pytest.mark.parametrize(
    "described",
    [
        table(parameters={"classification": "parquet"}),
        table(storage={"SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}}),
    ],
)
def test_other_tables_are_said_not_to_be_read(described: dict[str, Any]) -> None:
    with pytest.raises(NotCsvError, match=r"CSV files only, and this one says .*(parquet|JsonSerDe)"):
        records(described)


@pytest.mark.parametrize(
    ("name", "value"),
    [("skip.header.line.count", "one"), ("skip.header.line.count", "-1"), ("delimiter", "||")],
)
def test_parameters_that_cannot_be_meant_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"{re.escape(name)} .*not '{re.escape(value)}'"):
        records(table(parameters={name: value}))


@pytest.mark.parametrize("content", [b"id,name\n1,Z\xfcrich\n", b"id,name\n1," + b"x" * 200_000])
def test_file_that_cannot_be_read_is_named(content: bytes) -> None:
    with pytest.raises(UnreadableRecordsError, match=r"s3://bucket/people/a\.csv: .*CSV in UTF-8"):
        records(table(), {"people/a.csv": content})
