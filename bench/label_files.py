"""What checking a label file costs: time against `csv.reader` alone over the same bytes, and memory.

Both are timed in turns in one run, so that a busy machine slows both; the ratio is that of the fastest turns.
Memory is the peak of a process of its own that checks the file, for a tenth of the rows and for all of them.
"""

from __future__ import annotations

import argparse
import collections
import csv
import itertools
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from glue_labels.labeling_file import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST_NAMES = ("Ana", "José", "Maggie", "Margaret", "Martin", "Zoë")
LAST_NAMES = ("Holloway", "Müller", "O'Hara", "Smith")
COLUMNS = "customer_id,first_name,last_name,email,phone,street,city,postal_code"

PEAK_OF_CHECK = """
import resource, sys
from glue_labels.labeling_file import check
check(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def customer(number: int) -> str:
    """Return the fields of a customer, some of them in quotes."""
    of = random.Random(number)  # noqa: S311 (no secret)
    first, last = of.choice(FIRST_NAMES), of.choice(LAST_NAMES)
    street = f"{of.randint(1, 999)} Larch Street"
    if number % 7 == 0:
        street = f'"{street}, rear"'
    email = f"{first.lower()}.{last.lower()}{number}@example.com"
    phone = f"503-555-{number % 10_000:04}"
    return f"C-{number:07},{first},{last},{email},{phone},{street},Portland,97{number % 300:03}"


def sets_of_ten(rows: int) -> Iterator[str]:
    """Yield rows of sets of ten, as Glue generates them; each customer is there once."""
    for number in range(rows):
        yield f"SET-{number // 10:06},{'AABBCDEEFF'[number % 10]},{customer(number)}\n"


def pairs(rows: int) -> Iterator[str]:
    """Yield pairs that were labeled before: each customer with the one after, so that each is in two sets."""
    for number in range(rows // 2):
        for of_pair in range(2):
            label = "AAB"[number % 2 + of_pair]
            yield f"PAIR-{number:06},{label},{customer(number + of_pair)}\n"


def read(file: Path) -> None:
    """Do what each check has to do at least."""
    with file.open(encoding="utf-8", newline="") as lines:
        collections.deque(csv.reader(lines), maxlen=0)


def write(file: Path, rows: Iterator[str]) -> None:
    """Write a label file of these rows."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"labeling_set_id,label,{COLUMNS}\n")
        lines.writelines(rows)


def seconds(work: Callable[[Path], object], file: Path) -> float:
    """Return how long it takes."""
    begin = time.perf_counter()
    work(file)
    return time.perf_counter() - begin


def peak_megabytes(file: Path) -> int:
    """Return the most memory that a process checking the file has."""
    done = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-c", PEAK_OF_CHECK, str(file)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def main() -> None:
    """Print both figures for both kinds of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[87_000, 1_000_000], help="the first has 10 MB, Glue's quota"
    )
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    print(f"{'':<30}csv.reader     check     ratio     peak at a tenth -> at all rows", flush=True)
    for rows, kind in itertools.product(options.rows, (sets_of_ten, pairs)):
        with tempfile.TemporaryDirectory() as folder:
            file, tenth = Path(folder, "labels.csv"), Path(folder, "tenth.csv")
            write(file, kind(rows))
            write(tenth, kind(rows // 10))
            turns = [(seconds(read, file), seconds(check, file)) for _ in range(options.turns)]
            reader, checker = (min(of) for of in zip(*turns, strict=True))
            peaks = f"{peak_megabytes(tenth)} MB -> {peak_megabytes(file)} MB"
            name = f"{rows:,} rows, {kind.__name__.replace('_', ' ')}"
            ratio = checker / reader
            print(f"{name:<30}{reader:>10.2f} s{checker:>8.2f} s{ratio:>9.2f}x     {peaks}", flush=True)


if __name__ == "__main__":
    main()
