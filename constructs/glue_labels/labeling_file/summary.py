"""What a labeling file teaches, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """The numbers of one labeling file, or of a folder's files together.

    Attributes:
        rows: rows that have as many fields as the header.
        labeling_sets: different labeling_set_ids.
        matches: pairs of rows in the same set with the same label.
        non_matches: pairs of rows in the same set with different labels.
        smallest_set: rows in the smallest set; 0 without any.
        largest_set: rows in the largest.
        columns: names of the columns after ``label``, in the file's order.
    """

    rows: int = 0
    labeling_sets: int = 0
    matches: int = 0
    non_matches: int = 0
    smallest_set: int = 0
    largest_set: int = 0
    columns: tuple[str, ...] = ()

    @property
    def rows_per_set(self) -> float:
        """Rows in a set on average; 0 without any."""
        return self.rows / self.labeling_sets if self.labeling_sets else 0.0

    def __str__(self) -> str:
        return (
            f"{self.labeling_sets} sets, {self.rows} rows, "
            f"{self.matches} matches, {self.non_matches} non-matches"
        )
