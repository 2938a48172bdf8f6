"""The checks of evaluations, exports and counts, where Glue behaves as assumed, and where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from glue_account import BUCKET, GlueAccount, changed, glue_account
from small_cloud import client_error

from glue_labels_account import label_files, probes
from glue_labels_account.assumptions import Findings, Verdict
from glue_labels_account.scenarios import ScenarioFailedError
from glue_labels_sandbox.records import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glue_labels_account.stack import ScenarioStack

HELD, NOT_HELD, NOT_SEEN = Verdict.HELD, Verdict.DID_NOT_HOLD, Verdict.NOT_SEEN


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[GlueAccount]:
    """An account whose probed transform has not been taught yet."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with glue_account() as account:
        yield account


@pytest.fixture
def taught(account: GlueAccount) -> GlueAccount:
    """The account after `check_new_run`, which teaches the probed transform."""
    probes.check_new_run(account.stack, Findings())
    return account


def verdicts(account: GlueAccount, probe: Callable[[ScenarioStack, Findings], str]) -> dict[str, Verdict]:
    """Run a probe, which may fail. Return the verdicts by check, without those of checks not made."""
    findings = Findings()
    try:
        probe(account.stack, findings)
    except ScenarioFailedError as error:
        print(error)
    return {one.check: one.verdict for one in findings.all() if not one.seen.startswith("No scenario")}


def started(account: GlueAccount) -> list[str]:
    return [call.action for call in account.simulation.glue_calls() if call.action.startswith("Start")]


def refusing(code: str) -> Callable[..., Any]:
    def refuse(**_: str) -> Any:
        raise client_error(code, "as told")

    return refuse


# An evaluation without labels.


def test_evaluation_without_labels_is_refused_as_not_ready(account: GlueAccount) -> None:
    assert verdicts(account, probes.check_unready_evaluation) == {"evaluation-not-ready": HELD}
    assert not account.simulation.runs()


def test_evaluation_that_is_refused_with_another_error_contradicts_it(account: GlueAccount) -> None:
    account.glue.start_ml_evaluation_task_run = refusing("InvalidInputException")
    assert verdicts(account, probes.check_unready_evaluation) == {"evaluation-not-ready": NOT_HELD}


def test_evaluation_that_is_started_without_labels_contradicts_it_and_is_cancelled(
    account: GlueAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account.simulation, "ready", lambda _transform: True)
    account.simulation.plan_runs(RunPlan(seconds=3_000))
    assert verdicts(account, probes.check_unready_evaluation) == {"evaluation-not-ready": NOT_HELD}
    (run,) = account.simulation.runs()
    assert run.status == "STOPPED"


def test_transform_that_has_labels_says_nothing_about_one_that_has_none(account: GlueAccount) -> None:
    stack = account.stack
    path = stack.put("labels.csv", label_files.labels(1))
    denied = stack.output("DeniedTransform")
    start = stack.start(denied, path)
    assert not isinstance(start, str)
    stack.ended_run(denied, start.run_id)
    account.glue.start_ml_evaluation_task_run = refusing("MLTransformNotReadyException")
    assert verdicts(account, probes.check_unready_evaluation) == {"evaluation-not-ready": NOT_SEEN}


# The metrics of an evaluation.


def test_metrics_are_there_at_once(taught: GlueAccount) -> None:
    assert verdicts(taught, probes.check_evaluation) == {"metrics-at-once": HELD}
    assert started(taught) == ["StartImportLabelsTaskRun", "StartMLEvaluationTaskRun"]


def late_metrics(account: GlueAccount, seconds: float, early: dict[str, float] | None) -> Callable[..., Any]:
    """Have GetMLTransform show other metrics until some seconds after the evaluation's end."""

    def show_late(response: dict[str, Any]) -> None:
        now = account.stack.account.clock()
        ended = [run.completed_on for run in account.simulation.runs() if run.task_type == "EVALUATION"]
        if "EvaluationMetrics" in response and ended[0] and now < ended[0].timestamp() + seconds:
            response.pop("EvaluationMetrics")
            if early:
                response["EvaluationMetrics"] = {"FindMatchesMetrics": early}

    return changed(account.glue.get_ml_transform, show_late)


@pytest.mark.parametrize("early", [None, {"F1": 0.1}])
def test_metrics_that_come_late_contradict_it(taught: GlueAccount, early: dict[str, float] | None) -> None:
    # The run's end must be noticed within two seconds, and not at the account's next poll.
    taught.simulation.plan_runs(RunPlan(seconds=27))
    taught.glue.get_ml_transform = late_metrics(taught, 2, early)
    assert verdicts(taught, probes.check_evaluation) == {"metrics-at-once": NOT_HELD}


def test_metrics_that_never_come_contradict_it(taught: GlueAccount) -> None:
    taught.simulation.plan_runs(RunPlan(seconds=30, metrics="missing"))
    assert verdicts(taught, probes.check_evaluation) == {"metrics-at-once": NOT_HELD}


def test_evaluation_that_fails_says_nothing_about_its_metrics(taught: GlueAccount) -> None:
    taught.simulation.plan_runs(RunPlan(seconds=30, status="FAILED"))
    assert verdicts(taught, probes.check_evaluation) == {"metrics-at-once": NOT_SEEN}


def test_second_evaluation_says_nothing_because_its_metrics_may_be_those_of_the_first(
    taught: GlueAccount,
) -> None:
    verdicts(taught, probes.check_evaluation)
    assert verdicts(taught, probes.check_evaluation) == {"metrics-at-once": NOT_SEEN}


def test_evaluation_waits_until_the_transform_is_ready(account: GlueAccount) -> None:
    account.simulation.configure(ready_after_seconds=45)
    probes.check_new_run(account.stack, Findings())
    assert verdicts(account, probes.check_evaluation) == {"metrics-at-once": HELD}


def test_evaluation_that_is_refused_fails_the_scenario_and_finds_nothing(taught: GlueAccount) -> None:
    taught.glue.start_ml_evaluation_task_run = refusing("ConcurrentRunsExceededException")
    with pytest.raises(ScenarioFailedError, match="ConcurrentRunsExceededException"):
        probes.check_evaluation(taught.stack, Findings())
    assert verdicts(taught, probes.check_evaluation) == {}


# Exports.


def test_export_has_the_labels_as_they_were_imported(taught: GlueAccount) -> None:
    found = verdicts(taught, probes.check_export)
    assert found == {"export-format": HELD, "output-path-echoed": HELD, "export-has-records": HELD}
    assert started(taught) == ["StartImportLabelsTaskRun", "StartExportLabelsTaskRun"]


def rewritten(taught: GlueAccount, rewrite: Callable[[bytes], bytes], name: str | None = None) -> None:
    """Have what Glue writes be rewritten, and written under another key if one is given."""
    write = taught.simulation.s3_files.write
    taught.simulation.s3_files.write = lambda account, region, role, bucket, key, content: write(
        account, region, role, bucket, name or key, rewrite(content)
    )


def test_export_without_a_header_contradicts_the_format(taught: GlueAccount) -> None:
    rewritten(taught, lambda content: content.partition(b"\n")[2])
    assert verdicts(taught, probes.check_export)["export-format"] is NOT_HELD


def test_export_elsewhere_contradicts_the_format(taught: GlueAccount) -> None:
    rewritten(taught, bytes, "exports-of-glue/labels.csv")
    found = verdicts(taught, probes.check_export)
    assert found == {"export-format": NOT_HELD, "output-path-echoed": HELD}


def test_export_to_one_object_at_the_path_itself_is_found(taught: GlueAccount) -> None:
    rewritten(taught, bytes, "exports")
    assert verdicts(taught, probes.check_export)["export-has-records"] is HELD


def test_export_with_other_values_contradicts_the_records(taught: GlueAccount) -> None:
    rewritten(taught, lambda content: content.replace(b"Larch Street", b"larch street"))
    found = verdicts(taught, probes.check_export)
    assert found["export-format"] is HELD
    assert found["export-has-records"] is NOT_HELD


def test_run_without_its_output_path_contradicts_it(taught: GlueAccount) -> None:
    taught.glue.get_ml_task_run = changed(taught.glue.get_ml_task_run, lambda run: run.pop("Properties"))
    assert verdicts(taught, probes.check_export)["output-path-echoed"] is NOT_HELD


def test_export_of_labels_that_are_not_known_says_nothing_about_the_records(taught: GlueAccount) -> None:
    stack = taught.stack
    probed = stack.output("ProbeTransform")
    start = stack.start(probed, stack.put("other.csv", label_files.labels(2)))
    assert not isinstance(start, str)
    stack.ended_run(probed, start.run_id)
    assert "export-has-records" not in verdicts(taught, probes.check_export)


@pytest.mark.parametrize("status", ["FAILED", "TIMEOUT"])
def test_export_that_fails_says_nothing_about_what_glue_writes(taught: GlueAccount, status: Any) -> None:
    taught.simulation.plan_runs(RunPlan(seconds=30, status=status))
    assert verdicts(taught, probes.check_export) == {"output-path-echoed": HELD}


def test_export_that_is_refused_finds_nothing(account: GlueAccount) -> None:
    assert verdicts(account, probes.check_export) == {}


# A failed import.


def test_failed_import_keeps_the_labels(taught: GlueAccount) -> None:
    found = verdicts(taught, probes.check_failed_import)
    assert found == {"label-count": HELD, "failed-import-keeps-labels": HELD}


def test_failed_import_that_changes_the_labels_contradicts_it(taught: GlueAccount) -> None:
    def forget(response: dict[str, Any]) -> None:
        if any(run.status == "FAILED" for run in taught.simulation.runs()):
            response["LabelCount"] = 33

    taught.glue.get_ml_transform = changed(taught.glue.get_ml_transform, forget)
    assert verdicts(taught, probes.check_failed_import)["failed-import-keeps-labels"] is NOT_HELD


def test_label_count_of_something_else_does_not_show_that_the_labels_were_kept(taught: GlueAccount) -> None:
    get = taught.glue.get_ml_transform
    taught.glue.get_ml_transform = changed(get, lambda response: response.update(LabelCount=1))
    found = verdicts(taught, probes.check_failed_import)
    assert found == {"label-count": NOT_HELD, "failed-import-keeps-labels": NOT_SEEN}


def test_import_that_should_fail_and_is_refused_says_nothing_about_the_labels(taught: GlueAccount) -> None:
    taught.glue.start_import_labels_task_run = refusing("InvalidInputException")
    assert verdicts(taught, probes.check_failed_import)["failed-import-keeps-labels"] is NOT_SEEN


def test_failed_import_into_a_transform_with_unknown_labels_finds_nothing(account: GlueAccount) -> None:
    assert verdicts(account, probes.check_failed_import) == {}


# The filter for names.


def test_filter_finds_a_transform_by_its_name_and_the_transforms_are_deleted(account: GlueAccount) -> None:
    found = verdicts(account, probes.check_glue_versions)
    assert found == {"glue-versions": HELD, "name-filter": HELD}
    names = {one["Name"] for one in account.glue.get_ml_transforms()["Transforms"]}
    assert names == {"ProbeTransform", "DeniedTransform"}


def test_filter_that_finds_nothing_contradicts_it(account: GlueAccount) -> None:
    get = account.glue.get_ml_transforms

    def filtered(**parameters: Any) -> Any:
        return {"Transforms": []} if "Filter" in parameters else get(**parameters)

    account.glue.get_ml_transforms = filtered
    assert verdicts(account, probes.check_glue_versions)["name-filter"] is NOT_HELD


def test_filter_is_not_checked_if_no_transform_was_created(account: GlueAccount) -> None:
    account.glue.create_ml_transform = refusing("InvalidInputException")
    assert verdicts(account, probes.check_glue_versions) == {"glue-versions": NOT_HELD}


def test_version_of_the_examples_is_judged_whichever_version_the_transforms_have(
    account: GlueAccount,
) -> None:
    create = account.glue.create_ml_transform

    def create_others(**parameters: Any) -> Any:
        if parameters["GlueVersion"] == "4.0":
            raise client_error("InvalidInputException", "no such version")
        return create(**parameters)

    account.glue.create_ml_transform = create_others
    account.stack.desired = account.stack.desired.but(glue_version="2.0")
    assert verdicts(account, probes.check_glue_versions)["glue-versions"] is NOT_HELD


def test_objects_beside_the_folder_are_not_read(account: GlueAccount) -> None:
    for key in ("exports/1.csv", "exports/empty", "exports-2/1.csv"):
        account.stack.put(key, "" if key.endswith("empty") else "content")
    assert account.stack.objects(f"s3://{BUCKET}/exports/") == {"exports/1.csv": b"content"}
