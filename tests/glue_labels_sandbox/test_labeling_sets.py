"""Which records a generation asks about, and the file it writes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from glue_labels_sandbox.labeling_csv import ROWS_OF_A_SET, SETS, file_name, similar_sets, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glue_labels_sandbox import LabeledRow

RECORDS = [
    ("1", "Ann Lee", "Ulm"),
    ("2", "Bo Diaz", "Bern"),
    ("3", "Anne Lee", "Ulm"),
    ("4", "Zora Quist", "Oslo"),
    ("5", "Bo Dias", "Bern"),
]


def keys_of_sets(rows: Iterable[LabeledRow]) -> list[list[str]]:
    """Return the primary keys of each set, in the order of the rows."""
    sets: dict[str, list[str]] = {}
    for row in rows:
        sets.setdefault(row.labeling_set_id, []).append(row.values[0])
    return list(sets.values())


def test_records_that_resemble_each_other_are_asked_about_together() -> None:
    rows = similar_sets(RECORDS, [1, 2])
    assert keys_of_sets(rows) == [["1", "3"], ["2", "5"]]
    assert {row.label for row in rows} == {""}


def test_same_records_give_the_same_sets() -> None:
    assert similar_sets(RECORDS, [1, 2]) == similar_sets(list(RECORDS), [1, 2])


def test_primary_key_does_not_make_records_similar() -> None:
    records = [("customer-number-1", "Ann"), ("customer-number-2", "Bo")]
    assert similar_sets(records, [1]) == ()
    assert similar_sets(records, [0, 1])


def test_run_asks_about_as_many_sets_and_records_as_the_guide_says() -> None:
    rows = similar_sets([(str(number), "Ann Lee") for number in range(500)], [1])
    assert Counter(Counter(row.labeling_set_id for row in rows).values()) == {ROWS_OF_A_SET: SETS}
    assert len(rows) == 100


def test_records_that_were_labeled_are_not_asked_about_again_while_there_are_others() -> None:
    first = similar_sets(RECORDS, [1, 2])[:2]
    assert keys_of_sets(similar_sets(RECORDS, [1, 2], {row.values for row in first})) == [["2", "5"]]


def test_new_record_is_asked_about_beside_a_labeled_one() -> None:
    assert keys_of_sets(similar_sets(RECORDS[:3], [1, 2], {RECORDS[0]})) == [["3", "1"]]


def test_records_are_asked_about_again_if_all_were_labeled() -> None:
    assert keys_of_sets(similar_sets(RECORDS, [1, 2], set(RECORDS))) == [["1", "3"], ["2", "5"]]


def test_sets_of_another_round_have_other_ids() -> None:
    first = similar_sets(RECORDS, [1, 2])[:2]
    second = similar_sets(RECORDS, [1, 2], {row.values for row in first})
    assert {row.labeling_set_id for row in first}.isdisjoint(row.labeling_set_id for row in second)


def test_file_has_the_two_columns_of_labels_before_those_of_the_table() -> None:
    rows = similar_sets([("1", 'Ann "A" Lee'), ("2", "Ann, A Lee")], [1])
    name = rows[0].labeling_set_id
    assert written(["id", "name"], rows).decode() == (
        f'labeling_set_id,label,id,name\n{name},,1,"Ann ""A"" Lee"\n{name},,2,"Ann, A Lee"\n'
    )


def test_file_is_named_by_transform_time_and_run() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert file_name("tfm-1", f"tsk-{'0123456789abcdef' * 4}", moment) == (
        "tfm-1_labels_2030-01-02_03_04_05_01234567-89ab-cdef-0123-456789abcdef.csv"
    )
