"""The tests on supported versions that are not locked: `make test-versions`.

`make test` uses the locked versions. A session whose Python is not installed is skipped, and the list at the
end shows that.
"""

from __future__ import annotations

import re
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"

# The lower ends of the ranges in pyproject.toml, and the versions that the lock file holds.
LOWEST = {"aws-cdk-lib": "2.220.0", "constructs": "10.4.2", "click": "8.2.0"}
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", Path("requirements/dev.txt").read_text(), re.MULTILINE))
NEWEST = {name: LOCKED[name] for name in LOWEST}

# The newest version for the session's Python, because the locked ones do not support the oldest.
TOOLS = ("pytest", "hypothesis", "packaging", "hatchling", "editables", "playwright")


@nox.session
@nox.parametrize("python", ["3.10", "3.13"])
def lowest(session: nox.Session) -> None:
    """The construct and the command line, with the lowest versions of the dependencies."""
    _test(session, LOWEST, "tests/glue_labels", "tests/glue_labels_cli")


@nox.session
@nox.parametrize("python", ["3.10", "3.12", "3.13"])
def newest(session: nox.Session) -> None:
    """The construct and the command line, with the newest tested versions of the dependencies."""
    _test(session, NEWEST, "tests/glue_labels", "tests/glue_labels_cli")


@nox.session(python="3.13")
def function(session: nox.Session) -> None:
    """The function, on the Python of its Lambda runtime."""
    _test(session, NEWEST, "tests/glue_labels_handler")


def _test(session: nox.Session, versions: dict[str, str], *tests: str) -> None:
    pins = [f"{name}=={version}" for name, version in versions.items()]
    session.install("--quiet", "--disable-pip-version-check", "--editable", ".[label,sandbox]", *pins, *TOOLS)
    session.run("pytest", "--quiet", *tests, *session.posargs)
