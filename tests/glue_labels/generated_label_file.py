"""Valid label files that hypothesis invents, as rows and as a program would write them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace

from hypothesis import strategies as st

# Quotes and line ends come in by the values themselves, delimiters too.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\ufeff", exclude_categories=["Cs"]), max_size=8
)
NAMES = st.text(st.characters(categories=["Ll", "Nd"], codec="utf-8"), min_size=1, max_size=6)


@dataclass(frozen=True)
class LabelFile:
    """A label file as rows, and how a program writes it."""

    rows: tuple[tuple[str, ...], ...]
    line_end: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    last_line_end: bool = True

    @property
    def text(self) -> str:
        """As it is written."""
        target = io.StringIO(newline="")
        csv.writer(target, lineterminator=self.line_end, quoting=self.quoting).writerows(self.rows)
        text = target.getvalue()
        return text if self.last_line_end else text.removesuffix(self.line_end)

    def line_of(self, row: int) -> int:
        """Line in which a row begins."""
        before = replace(self, rows=self.rows[:row], last_line_end=True)
        return len(list(io.StringIO(before.text, newline=""))) + 1


@st.composite
def label_files(draw: st.DrawFn, text: st.SearchStrategy[str] = TEXT) -> LabelFile:
    """A valid label file, with nothing to warn of either: a match and a non-match in each set."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
    names = [f"c{name}" for name in names]
    rows = [("labeling_set_id", "label", *names)]
    for number in range(draw(st.integers(1, 4))):
        labels = ["A", "A", "B", *draw(st.lists(st.sampled_from("ABC"), max_size=5))]
        for label in draw(st.permutations(labels)):
            # The first field is different in each row, so that no record is there twice.
            first = f"{len(rows)}{draw(text)}"
            rows.append((f"set {number}", label, first, *(draw(text) for _ in names[1:])))
    return LabelFile(
        tuple(rows),
        draw(st.sampled_from(["\n", "\r\n"])),
        draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        draw(st.booleans()),
    )
