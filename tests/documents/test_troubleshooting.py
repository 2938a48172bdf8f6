"""The page that explains messages has exactly the messages of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glue_labels_handler import errors, reasons
from glue_labels_handler.causes import CAUSES, Kind, cause_of
from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.quality import Quality
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import ENDED, TaskRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_labels_handler.evaluation_request import TaskRequest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

FOR_USERS = {
    "BadParameter",
    "ClickException",
    "CliNotInstalledError",
    "CommandError",
    "FunctionCodeError",
    "InvalidPropertyError",
    "NoLabelsError",
    "SandboxStartError",
    "TypeError",
    "UsageError",
    "UnknownRuleError",
}
"""Errors whose text a user reads."""

SOURCES = [
    *(ROOT / "constructs" / "glue_labels").rglob("*.py"),
    *(ROOT / "cli" / "glue_labels_cli").rglob("*.py"),
    ROOT / "lambda" / "glue_labels_handler" / "request.py",
    ROOT / "lambda" / "glue_labels_handler" / "evaluation_request.py",
    ROOT / "lambda" / "glue_labels_handler" / "custom_resource.py",
    ROOT / "sandbox" / "glue_labels_sandbox" / "command.py",
    ROOT / "sandbox" / "glue_labels_sandbox" / "server_process.py",
]


BEFORE, _, AFTER = PAGE.partition("### What Glue says")
REASONS, _, AFTER = AFTER.partition("**CloudFormation itself")


def reasons_of_glue() -> Iterator[list[str]]:
    """The texts of each row of the table of Glue's reasons."""
    for first_cell in re.findall(r"^\| (`.*?) \|", REASONS, re.MULTILINE):
        yield re.findall(r"`([^`]+)`", first_cell)


def documented() -> Iterator[str]:
    """The messages of the other tables. Errors that share a row each get the row's words around them."""
    for first_cell in re.findall(r"^\| (`.*?) \|", BEFORE + AFTER, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", first_cell)
        yield first
        yield from (other if "…" in other else f"… failed: {other}: …" for other in others)


def pattern(message: str) -> re.Pattern[str]:
    """A pattern for the texts of a message. An ellipsis stands for any text."""
    return re.compile(".*".join(re.escape(part) for part in re.split(r" ?…", message)), re.DOTALL)


def written() -> Iterator[str]:
    """The texts in the code that a user may read, with an ellipsis for each value in them."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_for_users(node):
                text = _text(node.args[0])
                # Without those that only pass on another text.
                if re.search(r"\w+ \w+", text):
                    yield text


def _is_for_users(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    return (
        name in FOR_USERS
        or name == "_fail"
        or (name == "print" and told.get("file") == "sys.stderr")
        or (name == "echo" and told.get("err") == "True")
    )


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
    return "…"


def explained() -> dict[str, list[str]]:
    """The texts of stack events, by the function that writes them: one of each kind."""
    of_imports = _explained(LabelsRequest("tfm-1", "s3://labels/customers.csv"))
    evaluation = EvaluationRequest("tfm-1", minimum={"F1": 0.9})
    of_evaluations = _explained(evaluation)
    found = [Quality(), Quality({"F1": 0.7})]
    return {name: texts + of_evaluations[name] for name, texts in of_imports.items()} | {
        "explain_quality": [reasons.explain_quality(evaluation, "tsk-1", one, {"F1": 0.8}) for one in found]
    }


def _explained(request: TaskRequest) -> dict[str, list[str]]:
    run = TaskRun("tsk-1", "RUNNING")
    ends = [
        TaskRun("tsk-1", status, error_string="why") for status in sorted(ENDED - {"SUCCEEDED"} | {"NEW"})
    ]
    ends.append(TaskRun("tsk-1", "FAILED"))
    # A cause without advice is only for the function.
    codes = ["ThrottlingException", *(code for code, (_, advice) in errors._TABLE.items() if advice)]
    classified = [errors.AwsError(Kind.FINAL, code, "why") for code in codes]
    return {
        "explain_ended_run": [reasons.explain_ended_run(request, end) for end in ends],
        "explain_deadline": [reasons.explain_deadline(request, run)],
        "explain_blocked": [
            reasons.explain_blocked(request, None, None),
            reasons.explain_blocked(request, "tsk-2", None),
            reasons.explain_blocked(request, None, "why"),
        ],
        "explain_superseded": [reasons.explain_superseded(request)],
        "explain_error": [
            reasons.explain_error(request, "GetMLTaskRuns", error, None, 0.0) for error in classified
        ],
        "explain_unpolled": [reasons.explain_unpolled(request, None, "")],
    }


DOCUMENTED = list(documented())
WRITTEN = sorted(set(written()))
EXPLAINED = [text for texts in explained().values() for text in texts]


@pytest.mark.parametrize("message", DOCUMENTED)
def test_message_of_the_page_is_one_of_the_code(message: str) -> None:
    assert any(pattern(message).search(text) for text in [*WRITTEN, *EXPLAINED])


@pytest.mark.parametrize("text", [*WRITTEN, *EXPLAINED])
def test_message_of_the_code_is_on_the_page(text: str) -> None:
    assert any(pattern(message).search(text) for message in DOCUMENTED)


def test_every_kind_of_stack_event_is_among_those_looked_for() -> None:
    assert set(explained()) == {name for name in vars(reasons) if name.startswith("explain_")}


@pytest.mark.parametrize("texts", list(reasons_of_glue()), ids=lambda texts: texts[0])
def test_texts_of_a_row_of_glues_reasons_have_one_cause(texts: list[str]) -> None:
    causes = {cause_of(text) for text in texts}
    assert len(causes) == 1
    assert None not in causes


def test_each_cause_that_a_text_of_glue_can_have_is_on_the_page() -> None:
    found = [cause_of(texts[0]) for texts in reasons_of_glue()]
    # In the same order, because the first row that matches counts.
    assert [cause.name for cause in found if cause] == [cause.name for cause in CAUSES]


def test_each_warning_of_the_synthesis_is_on_the_page() -> None:
    calls = [
        node
        for source in (ROOT / "constructs" / "glue_labels").glob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "warn"
    ]
    names = {call.args[1].value for call in calls if isinstance(call.args[1], ast.Constant)} - {"more"}
    assert len(names) == 5
    assert all(f"`cdk-glue-labels:{name}`" in PAGE for name in names)


def test_no_row_stands_for_any_text() -> None:
    assert not [message for message in DOCUMENTED if pattern(message).search("an unknown text: 'x'")]
