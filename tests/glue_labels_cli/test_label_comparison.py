"""What counts as the same labels, and how a difference is named."""

from __future__ import annotations

import csv
import io
from random import Random  # noqa: TC003 (hypothesis reads it)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_labels_cli.label_comparison import Comparison, LabeledSets, compare

HEADER = "labeling_set_id,label,name,city\n"
FILE = HEADER + "S1,A,Ann,Ulm\nS1,A,Anne,Ulm\nS1,B,Bo,Bern\nS2,A,Cy,Graz\nS2,B,Di,Kiel\n"


def compared(file: str, known: str) -> Comparison:
    return compare(LabeledSets.read(file.encode()), LabeledSets.read(known.encode()))


@pytest.mark.parametrize(
    "known",
    [
        HEADER + "S1,x,Ann,Ulm\nS1,x,Anne,Ulm\nS1,A,Bo,Bern\nS2,one,Cy,Graz\nS2,two,Di,Kiel\n",
        HEADER + "S2,B,Di,Kiel\nS2,A,Cy,Graz\nS1,B,Bo,Bern\nS1,A,Anne,Ulm\nS1,A,Ann,Ulm\n",
        "label,city,NAME,labeling_set_id\nA,Ulm,Ann,S1\nA,Ulm,Anne,S1\nB,Bern,Bo,S1\n"
        "A,Graz,Cy,S2\nB,Kiel,Di,S2\n",
        FILE.replace("S1", "another-id"),
        "\ufeff" + FILE.replace("\n", "\r\n"),
        FILE + "S2,,Ed,Rom\n",
    ],
    ids=["names of labels", "order of rows", "order of columns", "ids of sets", "line ends", "unlabeled row"],
)
def test_files_that_teach_the_same_are_the_same(known: str) -> None:
    assert compared(FILE, known).same
    assert compared(known, FILE).same


def test_set_that_only_the_file_has_is_missing() -> None:
    assert compared(FILE + "S3,A,Ed,Rom\nS3,A,Edd,Rom\n", FILE) == Comparison(missing=("S3",))


def test_set_that_only_the_transform_knows_is_extra() -> None:
    assert compared(FILE, FILE + "S3,A,Ed,Rom\nS3,A,Edd,Rom\n") == Comparison(extra=("S3",))


def test_set_with_other_groups_is_different() -> None:
    assert compared(FILE, FILE.replace("S1,B,Bo", "S1,A,Bo")) == Comparison(different=("S1",))
    assert compared(FILE, FILE.replace("S2,B,Di", "S2,A,Di")) == Comparison(different=("S2",))


def test_set_with_other_groups_and_another_id_is_different() -> None:
    known = FILE.replace("S1,B,Bo", "S1,A,Bo").replace("S1", "S9")
    assert compared(FILE, known) == Comparison(different=("S1",))


def test_set_that_has_another_record_is_different() -> None:
    assert compared(FILE, FILE.replace("Bern", "Basel")) == Comparison(different=("S1",))


def test_record_that_was_added_to_a_set_makes_it_different() -> None:
    assert compared(FILE, FILE + "S2,B,Di,Kiel\n") == Comparison(different=("S2",))


def test_a_set_that_occurs_twice_must_be_known_twice() -> None:
    twice = FILE + "S3,A,Cy,Graz\nS3,B,Di,Kiel\n"
    assert compared(twice, FILE) == Comparison(missing=("S3",))
    assert compared(FILE, twice) == Comparison(extra=("S3",))
    assert compared(twice, twice).same


def test_other_columns_are_named() -> None:
    known = FILE.replace("name,city", "name,zip")
    assert compared(FILE, known) == Comparison(missing_columns=("city",), extra_columns=("zip",))


def test_column_that_occurs_twice_is_another_column() -> None:
    known = "labeling_set_id,label,name,city,city\nS1,A,Ann,Ulm,Ulm\n"
    assert compared(FILE, known) == Comparison(extra_columns=("city",))


def test_difference_is_found_if_the_columns_have_another_order() -> None:
    known = "labeling_set_id,label,city,name\nS1,A,Ulm,Ann\nS1,A,Ulm,Anne\nS1,B,Basel,Bo\n"
    assert compared(FILE, known) == Comparison(missing=("S2",), different=("S1",))


def test_transform_that_knows_nothing_misses_all_sets() -> None:
    assert compare(LabeledSets.read(FILE.encode()), LabeledSets((), ())) == Comparison(missing=("S1", "S2"))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"labeling_set_id,label\nS1,A\n"])
def test_file_without_the_columns_of_a_label_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no header with labeling_set_id, label"):
        LabeledSets.read(content)


def test_field_that_is_too_long_for_csv_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="field larger than field limit"):
        LabeledSets.read(f"{FILE}S3,A,{'x' * 200_000},Rom\n".encode())


SETS = st.lists(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("pqrs")), min_size=1, max_size=4),
    max_size=4,
)


def written(sets: list[list[tuple[str, str]]], names: dict[str, str]) -> str:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["labeling_set_id", "label", "name"])
    for number, rows in enumerate(sets):
        writer.writerows((number, names[label], record) for label, record in rows)
    return target.getvalue()


@given(SETS, st.randoms(use_true_random=False))
def test_order_and_names_never_count(sets: list[list[tuple[str, str]]], random: Random) -> None:
    other = [random.sample(rows, len(rows)) for rows in sets]
    random.shuffle(other)
    file = written(sets, {"A": "A", "B": "B"})
    assert compared(file, written(other, {"A": "z", "B": "A"})).same


@given(SETS, SETS)
def test_each_set_is_counted_once(
    ours: list[list[tuple[str, str]]], theirs: list[list[tuple[str, str]]]
) -> None:
    names = {"A": "A", "B": "B"}
    comparison = compared(written(ours, names), written(theirs, names))
    assert len(comparison.missing) + len(comparison.different) <= len(ours)
    assert len(theirs) - len(comparison.extra) == len(ours) - len(comparison.missing)
    assert comparison.same == (grouped(ours) == grouped(theirs))


def grouped(sets: list[list[tuple[str, str]]]) -> list[list[list[str]]]:
    """The groups of each set, sorted."""
    return sorted(
        sorted(group for label in "AB" if (group := sorted(name for one, name in rows if one == label)))
        for rows in sets
    )
