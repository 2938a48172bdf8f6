"""Time and memory of checking a label file, and of the labeling page.

Checking: time compared with `csv.reader` alone over the same bytes, and memory.

Both are timed in turns, so that a busy machine slows both. The ratio is that of the fastest turns. Memory is
the peak of a process that only checks the file, for a tenth of the rows and for all rows.

The labeling page: time from the start of its process to the first labeling set; median and longest time of
the request for another set, and of one that saves labels; memory of the process before and after (on Linux).
"""

from __future__ import annotations

import argparse
import collections
import csv
import http.client
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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


LABEL = "from glue_labels_cli.main import main; main()"


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
    """Yield rows in sets of ten, as Glue generates them. Each customer is in one set."""
    for number in range(rows):
        yield f"SET-{number // 10:06},{'AABBCDEEFF'[number % 10]},{customer(number)}\n"


def pairs(rows: int) -> Iterator[str]:
    """Yield pairs of labeled customers. Each customer is in two sets."""
    for number in range(rows // 2):
        for of_pair in range(2):
            label = "AAB"[number % 2 + of_pair]
            yield f"PAIR-{number:06},{label},{customer(number + of_pair)}\n"


def read(file: Path) -> None:
    """Read the rows, which is the least that a check has to do."""
    with file.open(encoding="utf-8", newline="") as lines:
        collections.deque(csv.reader(lines), maxlen=0)


def write(file: Path, rows: Iterator[str]) -> None:
    """Write rows as a label file."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"labeling_set_id,label,{COLUMNS}\n")
        lines.writelines(rows)


def seconds(work: Callable[[Path], object], file: Path) -> float:
    """Return how long a function takes, in seconds."""
    begin = time.perf_counter()
    work(file)
    return time.perf_counter() - begin


def peak_megabytes(file: Path) -> int:
    """Return the peak memory of a process that checks the file."""
    done = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-c", PEAK_OF_CHECK, str(file)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def unlabeled(rows: int) -> Iterator[str]:
    """Yield rows in sets of ten without labels, as Glue generates them."""
    for number in range(rows):
        yield f"SET-{number // 10:06},,{customer(number)}\n"


class LabelingPage:
    """The process of a labeling page, and the requests of its browser."""

    def __init__(self, file: Path) -> None:
        """Start the process, and wait until it is ready."""
        self._process = subprocess.Popen(  # noqa: S603 (our own)
            [sys.executable, "-c", LABEL, "label", str(file), "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 (for mypy)
        self._address = urlsplit(self._process.stdout.readline().split()[-1])
        self("/enter")

    def __call__(self, path: str, **body: object) -> Any:
        """Send a request, and return its response."""
        connection = http.client.HTTPConnection(self._address.netloc)
        headers = {
            "Authorization": f"Bearer {self._address.fragment}",
            "Content-Type": "application/json",
            "Origin": f"http://{self._address.netloc}",
        }
        connection.request("POST", path, json.dumps({"page": "bench", **body}), headers)
        response = connection.getresponse()
        content = json.loads(response.read())
        connection.close()
        if response.status != http.client.OK:
            raise RuntimeError(content)
        return content

    def megabytes(self) -> int:
        """Return the memory of the process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        (resident,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(resident) // 1024

    def end(self) -> None:
        """End the process by a request."""
        self("/end")
        self._process.communicate()


def label(rows: int, sets: int) -> str:
    """Label a file of `rows` rows. Return the figures as a line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labels.csv")
        write(file, unlabeled(rows))
        begin = time.perf_counter()
        page = LabelingPage(file)
        page("/view")
        opened = time.perf_counter() - begin
        before = page.megabytes()
        paging = _milliseconds(lambda number: page("/view", set=number), sets)
        paged = page.megabytes()
        saving = _milliseconds(lambda number: page("/act", set=number, action="same"), sets)
        saved = page.megabytes()
        page.end()
    memory = f"{before} MB -> {paged} MB -> {saved} MB"
    return f"{f'{rows:,} rows':<20}{opened:>8.2f} s{paging:>18}{saving:>18}     {memory}"


def _milliseconds(work: Callable[[int], object], times: int) -> str:
    """Return the median and the longest time."""
    taken = []
    for number in range(times):
        begin = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - begin))
    return f"{statistics.median(taken):.0f} ms, {max(taken):.0f} ms"


def main() -> None:
    """Print the figures of checking for both kinds of file, and those of labeling."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[87_000, 1_000_000], help="the first has 10 MB, Glue's quota"
    )
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--labeled-rows", type=int, nargs="+", default=[10_000, 100_000])
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
    print(f"\n{'labeling page':<20}{'opens':>10}{'next set':>18}{'save':>18}     opened -> paged -> saved")
    for rows in options.labeled_rows:
        print(label(rows, sets=500), flush=True)


if __name__ == "__main__":
    main()
