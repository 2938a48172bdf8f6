"""A script: patches MiniStack as a server does, and prints as JSON what differs from `PATCHES`.

Its argument is an empty directory.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from glue_labels_sandbox import server
from glue_labels_sandbox.connection import Connection
from glue_labels_sandbox.ministack_patches import PATCHES
from glue_labels_sandbox.ministack_registry import check, current

if TYPE_CHECKING:
    from collections.abc import Iterator


def values(name: str, holder: Any, depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Yield names and values of a module: attributes, entries of dicts, attributes of classes."""
    for key, value in list((holder if isinstance(holder, dict) else vars(holder)).items()):
        if not isinstance(key, str) or "." in key or key.startswith("__") or isinstance(value, ModuleType):
            continue
        yield f"{name}.{key}", value
        is_class = inspect.isclass(value) and value.__module__.startswith("ministack.")
        if depth and (isinstance(value, dict) or is_class):
            yield from values(f"{name}.{key}", value, depth - 1)


def all_values() -> dict[str, Any]:
    modules = [name for name in sys.modules if name.startswith("ministack.")]
    return dict(
        pair for name in modules for pair in values(name.removeprefix("ministack."), sys.modules[name])
    )


def place(name: str) -> tuple[int, str]:
    """Return what identifies a name, whichever module it was imported into."""
    parent, _, last = name.rpartition(".")
    return id(current(parent)), last


def prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(2, len(parts) + 1))


directory = Path(sys.argv[1])
connection = Connection(1, directory / "ca.pem", directory, "111122223333", "us-east-1")
os.environ.update(server._settings(connection, directory))
check()
before = all_values()
modules = {name for name in sys.modules if name.startswith("ministack.")}
server.patch(connection, directory)
from glue_labels_sandbox import ministack_lambda  # noqa: E402 - MiniStack has its settings only now

ministack_lambda.limit_concurrency(7)
ministack_lambda._acquire({}, {"FunctionName": "one"})
current("services.lambda_svc._inflight").clear()
for name in {name for name in sys.modules if name.startswith("ministack.")} - modules:
    before |= dict(values(name.removeprefix("ministack."), sys.modules[name]))
changed = [name for name, value in all_values().items() if before.get(name, prefixes) is not value]
declared = {place(name): name for patch in PATCHES for name in patch.replaces}
tables = {id(current(name)) for name in declared.values() if isinstance(current(name), dict)}
places = {name: {place(prefix) for prefix in prefixes(name)} for name in changed}
holders = {name: {id(current(prefix)) for prefix in prefixes(name)} for name in changed}
found = {
    "undeclared": [
        name for name in changed if not (places[name] & declared.keys() or holders[name] & tables)
    ],
    "untouched": [name for where, name in declared.items() if where not in set().union(*places.values())],
}
print(json.dumps(found))
