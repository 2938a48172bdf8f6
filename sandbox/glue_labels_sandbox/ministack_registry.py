"""Checks that MiniStack is as the patches expect, and changes it for them.

The other modules read from MiniStack only what `PATCHES` lists, and change it only with `replace` and `wrap`.
"""

from __future__ import annotations

import importlib
import inspect
from functools import partial
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from .ministack_patches import PATCHES, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .ministack_patches import Patch

_MISSING: Final = object()


class ChangedMiniStackError(RuntimeError):
    """The installed MiniStack does not fit the patches; the text says where, and how to fix it."""


def check(patches: Iterable[Patch] = PATCHES) -> None:
    """Compare the names that patches replace and read with the installed MiniStack; change nothing.

    Raises:
        ChangedMiniStackError: a name is missing, or is something else than expected.
    """
    if misfits := sorted({misfit for patch in patches for misfit in _misfits(patch)}):
        raise ChangedMiniStackError(
            f"The sandbox needs MiniStack {VERSION}. {version('ministack')} is installed, and differs here:\n"
            f"{''.join(misfits)}Install the needed version: pip install ministack=={VERSION}"
        )


def current(name: str) -> Any:
    """Return the value of a name in MiniStack.

    Args:
        name: As `Patch` describes.

    Raises:
        LookupError: there is no such name.
    """
    found: Any = importlib.import_module("ministack")
    for part in name.split("."):
        if isinstance(found, dict):
            found = found[part]
        elif not hasattr(found, part) and isinstance(found, ModuleType):
            try:
                found = importlib.import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError as error:
                raise LookupError(name) from error
        else:
            found = getattr(found, part, _MISSING)
        if found is _MISSING:
            raise LookupError(name)
    return found


def replace(name: str, replacement: object) -> None:
    """Give a name in MiniStack another value.

    Args:
        name: A name that a patch replaces, or an entry of such a dict; see `Patch`.
        replacement: The value.

    Raises:
        ValueError: no patch replaces this name.
    """
    if not any(f"{name}.".startswith(f"{declared}.") for patch in PATCHES for declared in patch.replaces):
        raise ValueError(f"No entry of PATCHES replaces {name}.")
    parent, _, last = name.rpartition(".")
    holder = current(parent)
    if isinstance(holder, dict):
        holder[last] = replacement
    else:
        setattr(holder, last, replacement)


def wrap(name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a function of MiniStack by `wrapper`, which gets that function before the arguments."""
    replace(name, partial(wrapper, current(name)))


def _misfits(patch: Patch) -> Iterator[str]:
    for name, expected in {**patch.replaces, **patch.reads}.items():
        try:
            found = _form(current(name))
        except LookupError:
            found = "nothing"
        if found != expected:
            yield f"  {name}\n    expected: {expected}\n    found:    {found}\n"
    for name, texts in patch.sources.items():
        try:
            value = current(name)
            source = value if isinstance(value, str) else inspect.getsource(value)
        except LookupError:
            source = ""
        for text in texts:
            if text not in source:
                yield f"  {name}\n    expected: {text.strip()!r} in its source\n    found:    no such text\n"


def _form(value: object) -> str:
    """Return the parameters of a function, ``class``, or the name of the value's type."""
    if inspect.isclass(value):
        return "class"
    if not inspect.isroutine(value) or inspect.isdatadescriptor(value):
        return type(value).__name__
    signature = inspect.signature(value)
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    kind = "async " if inspect.iscoroutinefunction(value) else ""
    return f"{kind}{signature.replace(parameters=bare, return_annotation=signature.empty)}"
