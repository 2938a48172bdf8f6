"""What the labeling page shows of a labeling set, and where its keys lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from generated_label_file import TEXT
from hypothesis import given
from hypothesis import strategies as st
from label_pages import session_of

from glue_labels_cli.labeling_page.differences import (
    MAX_COMPARED,
    MAX_COMPARED_OF_A_SET,
    column_parts,
    set_parts,
)
from glue_labels_cli.labeling_page.labeling import (
    KEYS,
    AllDifferent,
    AllSame,
    PutRow,
    keys_of,
    labels_after,
    next_key,
)
from glue_labels_cli.labeling_page.session import Filter, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

ALL = Filter()
LABELS = st.lists(
    st.sampled_from(["", " ", "A", "a", "B", "1", "9", "person", "Person 2", "é", "Z"]), min_size=1
)


def marked(*values: str) -> list[str]:
    """Each value with the differing characters in brackets; [] for missing characters."""
    return [
        "".join(text if kind == "same" else f"[{text}]" for kind, text in parts)
        for parts in column_parts(values)
    ]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["Salem", "Salem"], ["Salem", "Salem"]),
        (["Holloway", "Holloway", "Hollway"], ["Holloway", "Holloway", "Holl[]way"]),
        (["503-555", "503-555", "503 555"], ["503-555", "503-555", "503[ ]555"]),
        (["Portland", "Portland", "Bend"], ["Portland", "Portland", "[Bend]"]),
        (["Ana", "Ana", "", " "], ["Ana", "Ana", "[]", "[ ]"]),
        (["", ""], ["", ""]),
    ],
)
def test_characters_that_differ_from_the_most_frequent_value_are_marked(
    values: list[str], shown: list[str]
) -> None:
    assert marked(*values) == shown


def test_in_long_values_the_text_between_equal_ends_is_marked() -> None:
    long = "x" * MAX_COMPARED
    assert marked(f"{long}A{long}", f"{long}A{long}", f"{long}BC{long}")[2] == f"{long}[BC]{long}"


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_the_parts_together_are_the_value(values: list[str]) -> None:
    assert ["".join(text for _, text in parts) for parts in column_parts(values)] == values


@given(LABELS)
def test_each_label_of_a_set_has_its_own_key_that_gives_a_row_that_label(labels: list[str]) -> None:
    keys = keys_of(labels)
    assert list(keys) == list(dict.fromkeys(label for label in labels if label.strip()))
    assert len(set(keys.values())) == len(keys)
    for label, key in keys.items():
        assert labels_after(PutRow(0, key), labels)[0] == label
    assert labels_after(PutRow(0, next_key(labels)), labels)[0] == next_key(labels)
    assert next_key(labels) not in labels


@given(LABELS)
def test_all_the_same_is_one_label_and_all_different_one_for_each_row(labels: list[str]) -> None:
    assert len(set(labels_after(AllSame(), labels))) == 1
    assert labels_after(AllSame(), labels)[0].strip()
    different = labels_after(AllDifferent(), labels)
    assert len(set(different)) == len(labels)
    assert all(label.strip() for label in different)
    first = {label: row for row, label in reversed([*enumerate(labels)]) if label.strip()}
    assert {label: different[row] for label, row in first.items()} == {label: label for label in first}


def test_a_set_with_more_labels_than_keys_keeps_them_all() -> None:
    labels = [f"person {number}" for number in range(len(KEYS) + 2)]
    assert [*keys_of(labels).values()][-2:] == ["", ""]
    assert next_key(labels) == ""
    assert labels_after(AllDifferent(), labels) == labels


def rules(view: dict[str, Any]) -> list[str]:
    """The rules of a set's notes."""
    return [note["rule"] for note in view["set"]["notes"]]


def test_notes_are_the_findings_of_this_set_only(file: Path) -> None:
    with session_of(file) as session:
        view = session.view("page", 0, ALL)
        assert rules(view) == ["empty-label"]
        (note,) = view["set"]["notes"]
        assert note["problem"] == "labeling set 'S1' has 3 of 3 rows without a label"
        assert note["remedy"]
        assert rules(session.act("page", 0, AllSame(), ALL)) == []
        session.act("page", 0, PutRow(0, "A"), ALL)
        assert rules(session.view("page", 2, ALL)) == []


def test_notes_report_similar_and_conflicting_labels(file: Path) -> None:
    file.write_text("labeling_set_id,label,name\nS1,a,Ana\nS1,A,Anna\nS2,A,José\nS2,B,José\n")
    with session_of(file) as session:
        assert rules(session.view("page", 0, ALL)) == ["similar-labels"]
        assert rules(session.view("page", 1, ALL)) == ["conflicting-labels"]


def test_a_filter_by_text_ignores_case_and_labels_and_one_by_state_follows_the_labels(file: Path) -> None:
    with session_of(file) as session:

        def found(show: Any, text: str) -> tuple[int, str]:
            view = session.view("page", None, Filter(show, text))
            return view["navigation"]["matching"], view["set"]["id"]

        assert found("all", "") == (3, "S1")
        assert found("all", "zoë MÜLLER") == (1, "S1")
        assert found("all", "salem") == (2, "S1")
        assert found("unlabeled", "salem") == (1, "S1")
        assert found("labeled", "") == (1, "S3")
        session.act("page", 0, AllSame(), ALL)
        assert found("labeled", "salem") == (2, "S1")
        assert found("unlabeled", "") == (1, "S2")
        assert found("all", "nobody")[0] == 0


def test_previous_next_and_next_unlabeled_stay_within_the_filter(file: Path) -> None:
    with session_of(file) as session:
        navigation = session.view("page", 0, Filter("all", "salem"))["navigation"]
        assert navigation == {"matching": 2, "previous": None, "next": 2, "unlabeled": None}
        navigation = session.view("page", 2, ALL)["navigation"]
        assert navigation == {"matching": 3, "previous": 1, "next": None, "unlabeled": 0}


def test_rows_of_a_set_that_are_apart_in_the_file_are_shown_together(file: Path) -> None:
    file.write_text('labeling_set_id,label,name\nS1,,Ana\nS2,,José\n"S1",,Anna\nS2,,Jose\n')
    with session_of(file) as session:
        rows = session.view("page", 0, ALL)["set"]["rows"]
        assert [row["line"] for row in rows] == [2, 4]
        session.act("page", 0, AllSame(), ALL)
    assert file.read_text() == 'labeling_set_id,label,name\nS1,A,Ana\nS2,,José\n"S1",A,Anna\nS2,,Jose\n'


def test_only_the_page_that_entered_is_shown_records(file: Path) -> None:
    with session_of(file) as session:
        for stranger in ("", "other"):
            with pytest.raises(RefusedError, match="is being labeled in another tab"):
                session.view(stranger, 0, ALL)


def test_only_the_ends_are_compared_in_a_set_that_is_too_large_to_compare_each_character() -> None:
    values = ["Anna Maria Lee", "Anne Mario Lee"]
    (small,) = set_parts([values])
    assert len(small[1]) > 3
    rows = MAX_COMPARED_OF_A_SET // sum(map(len, values)) + 1
    large = set_parts([values] * rows)
    assert all(len(parts) == 3 for _, parts in large)
    assert ["".join(text for _, text in parts) for parts in large[0]] == values
