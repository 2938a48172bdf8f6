"""Label files that hypothesis invents: valid ones, valid ones with one thing wrong, and any bytes at all."""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from generated_label_file import TEXT, LabelFile, label_files
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from glue_labels.labeling_file import RULES, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report


def checked(content: bytes | str) -> Report:
    """What the check finds in a file of this content."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labels.csv")
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return check(file)


def found(report: Report) -> set[tuple[str, int]]:
    """Names of rules and lines."""
    return {(finding.rule.name, finding.line) for finding in report.errors + report.warnings}


@settings(deadline=None)
@given(label_files())
def test_valid_file_has_no_findings(file: LabelFile) -> None:
    assert found(checked(file.text)) == set()


@settings(deadline=None)
@given(label_files())
def test_summary_counts_what_is_there(file: LabelFile) -> None:
    summary = checked(file.text).summary
    rows = file.rows[1:]
    pairs = [(one[1] == other[1]) for i, one in enumerate(rows) for other in rows[:i] if one[0] == other[0]]
    assert summary.rows == len(rows)
    assert summary.labeling_sets == len({row[0] for row in rows})
    assert (summary.matches, summary.non_matches) == (pairs.count(True), pairs.count(False))
    assert summary.columns == file.rows[0][2:]


def drop_field(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row one field short."""
    return row[:-1]


def add_field(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row with one field too many."""
    return (*row, "more")


def empty_set_id(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row of no set."""
    return ("", *row[1:])


def empty_label(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row that nobody labeled."""
    return (row[0], "", *row[2:])


@pytest.mark.parametrize(
    ("mutation", "rule"),
    [
        (drop_field, "field-count"),
        (add_field, "field-count"),
        (empty_set_id, "empty-set-id"),
        (empty_label, "empty-label"),
    ],
)
@settings(deadline=None)
@given(file=label_files(), data=st.data())
def test_one_row_with_one_thing_wrong_is_found_at_its_line(
    mutation: Callable[[tuple[str, ...]], tuple[str, ...]], rule: str, file: LabelFile, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, len(file.rows) - 1))
    broken = replace(file, rows=(*file.rows[:at], mutation(file.rows[at]), *file.rows[at + 1 :]))

    assert (rule, file.line_of(at)) in found(checked(broken.text))


@settings(deadline=None)
@given(label_files())
def test_byte_order_mark_is_found_in_the_first_line(file: LabelFile) -> None:
    assert found(checked(codecs.BOM_UTF8 + file.text.encode())) == {("byte-order-mark", 1)}


@settings(deadline=None)
@given(label_files(), st.data())
def test_swapped_columns_are_found_in_the_first_line(file: LabelFile, data: st.DataObject) -> None:
    order = data.draw(
        st.permutations(range(len(file.rows[0]))).filter(lambda order: list(order[:2]) != [0, 1])
    )
    swapped = replace(file, rows=tuple(tuple(row[i] for i in order) for row in file.rows))

    assert found(checked(swapped.text)) == {("key-columns", 1)}


@settings(deadline=None)
@given(label_files())
def test_missing_header_is_found_in_the_first_line(file: LabelFile) -> None:
    # A row with such a value could be a header, of columns in the wrong places.
    assume(not {value.strip().lower() for value in file.rows[1]} & {"labeling_set_id", "label"})
    assert ("missing-header", 1) in found(checked(replace(file, rows=file.rows[1:]).text))


@settings(deadline=None)
@given(label_files(TEXT.map(lambda text: text.replace('"', ""))), st.data())
def test_unclosed_quote_is_found_in_the_line_where_it_opens(file: LabelFile, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(file.rows) - 1))
    rows = replace(
        file, quoting=csv.QUOTE_MINIMAL, rows=tuple(tuple(map(one_line, row)) for row in file.rows)
    )
    lines = list(io.StringIO(rows.text, newline=""))
    fields = list(rows.rows[at])
    lines[at] = ",".join([*fields[:2], f'"{fields[2]}', *fields[3:]]) + "\n"

    assert ("unclosed-quote", at + 1) in found(checked("".join(lines)))


def one_line(field: str) -> str:
    """A field that needs no quotes."""
    return field.replace("\n", " ").replace(",", " ")


@settings(deadline=None)
@given(label_files(), st.data())
def test_byte_that_is_not_utf_8_is_found_at_its_line(file: LabelFile, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(file.rows) - 1))
    before = replace(file, rows=file.rows[:at], last_line_end=True).text.encode()
    after = replace(file, rows=file.rows[at:]).text.encode()
    row = b"set 0,A,x\xe9y" + b"," * (len(file.rows[0]) - 3) + file.line_end.encode()

    assert ("not-utf-8", file.line_of(at)) in found(checked(before + row + after))


@settings(deadline=None)
@given(
    # As in most languages whose files somebody still saves so: without a mark it is the zeros that tell.
    label_files(st.text(st.characters(max_codepoint=0xFF, exclude_characters="\0\r"), max_size=8)),
    st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]),
)
def test_other_encoding_is_named_and_the_rest_is_still_read(file: LabelFile, encoding: str) -> None:
    assert found(checked(file.text.encode(encoding))) == {("not-utf-8", 1)}


@settings(deadline=None)
@given(label_files(TEXT.map(lambda text: text.replace(",", ""))), st.sampled_from(";\t|"))
def test_other_delimiter_is_named_and_the_rest_is_still_read(file: LabelFile, delimiter: str) -> None:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(file.rows)

    assert found(checked(target.getvalue())) == {("delimiter", 1)}


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=300)
    | st.text('",\n\r\0;AB1 \ufeff\xe9', max_size=60).map(
        lambda text: b"labeling_set_id,label,n\n" + text.encode()
    )
    | st.builds(
        lambda file, at, junk: file.text.encode()[:at] + junk + file.text.encode()[at:],
        label_files(),
        st.integers(0, 400),
        st.binary(max_size=6),
    )
)
def test_any_bytes_give_findings_and_no_exception(content: bytes) -> None:
    report = checked(content)

    lines = len(content.replace(b"\r", b"\n").split(b"\n"))
    assert all(1 <= finding.line <= lines for finding in report.errors + report.warnings)
    assert all(finding.rule is RULES[finding.rule.name] for finding in report.errors + report.warnings)
    assert all("\n" not in str(finding) for finding in report.errors + report.warnings)
