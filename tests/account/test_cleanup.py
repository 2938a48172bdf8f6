"""Everything is deleted at the end, or the report says what is left and how to remove it."""

from __future__ import annotations

from typing import NoReturn

import pytest
from small_cloud import BUCKET, GONE_TRANSFORM, NO_ID, TRANSFORM, SmallCloud, client_error

from glue_labels_account import report, session
from glue_labels_account.session import Result, Scenario


def test_update_in_progress_is_cancelled_before_the_stack_is_deleted() -> None:
    cloud = SmallCloud(
        "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "DELETE", "GONE"
    )
    found = session.run(cloud.stack(), [], print)
    assert cloud.calls == ["cancel update", "delete records/customers/records.csv", "delete stack"]
    assert found.left == ()


def test_runs_in_flight_are_cancelled_and_the_bucket_is_emptied_before_the_stack_is_deleted() -> None:
    cloud = SmallCloud(*["UPDATE_COMPLETE"] * 4, "GONE", runs=("SUCCEEDED", "RUNNING"))
    assert session.run(cloud.stack(), [], print).left == ()
    assert cloud.calls == ["cancel tsk-RUNNING", "delete records/customers/records.csv", "delete stack"]


def test_stack_in_review_is_deleted_at_once() -> None:
    cloud = SmallCloud(*["REVIEW_IN_PROGRESS"] * 4, "GONE")
    assert session.run(cloud.stack(), [], print).left == ()
    assert "delete stack" in cloud.calls


def test_transforms_beside_the_stack_are_deleted_and_no_others() -> None:
    cloud = SmallCloud("GONE", transforms=("Checked-glue-4.0", "Customers"))
    assert session.run(cloud.stack(), [], print).left == ()
    assert cloud.calls == ["delete id of Checked-glue-4.0"]


@pytest.mark.parametrize(
    "cloud",
    [SmallCloud("CREATE_COMPLETE", refuses=True), SmallCloud(*["CREATE_COMPLETE"] * 4, "DELETE_FAILED")],
    ids=["refused", "failed"],
)
def test_stack_that_cannot_be_deleted_is_named_with_the_commands_and_exits_with_1(cloud: SmallCloud) -> None:
    found = session.run(cloud.stack(), [Scenario("fine", lambda *_: "seen")], print)
    assert found.exit_code == 1
    (line,) = found.left
    assert line.startswith("Stack Checked is left (")
    assert "aws cloudformation delete-stack --stack-name Checked --region eu-central-1" in line


def test_deletion_that_is_interrupted_says_what_is_left() -> None:
    found = session.run(SmallCloud("CREATE_IN_PROGRESS").stack(sleep=interrupt), [], print)
    (line,) = found.left
    assert "the deletion was interrupted" in line


def test_stack_that_stays_in_progress_is_left_after_the_account_s_wait_time() -> None:
    seconds = iter(range(1_000))
    cloud = SmallCloud("CREATE_IN_PROGRESS")
    found = session.run(cloud.stack(clock=lambda: float(next(seconds))), [], print)
    assert "CREATE_IN_PROGRESS" in found.left[0]
    assert cloud.calls == []


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("I/O operation on closed file.")])
def test_stack_is_deleted_although_nobody_reads_the_progress(error: Exception) -> None:
    def show_progress(_line: str) -> None:
        raise error

    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "GONE")
    found = session.run(cloud.stack(), [Scenario("fine", lambda *_: "seen")], show_progress)
    assert "delete stack" in cloud.calls
    assert [one.result for one in found.outcomes] == [Result.PASSED]
    assert found.left == ()


def test_stack_is_deleted_although_the_scenarios_end_the_process() -> None:
    def leave(*_: object) -> NoReturn:
        raise SystemExit(2)

    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "GONE")
    with pytest.raises(SystemExit):
        session.run(cloud.stack(), [Scenario("leave", leave)], print)
    assert "delete stack" in cloud.calls


def test_ctrl_c_ends_the_scenarios_and_deletes_the_stack() -> None:
    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "GONE")
    steps = [Scenario("interrupted", interrupt), Scenario("later", lambda *_: pytest.fail("It ran."))]
    found = session.run(cloud.stack(), steps, print)
    assert "delete stack" in cloud.calls
    assert [(one.result, one.detail) for one in found.outcomes] == [(Result.NOT_RUN, "interrupted")] * 2
    assert found.exit_code == 130
    assert found.left == ()


def test_ctrl_c_during_the_deletion_says_what_is_left_in_the_report_of_an_interruption() -> None:
    cloud = SmallCloud("CREATE_IN_PROGRESS")
    found = session.run(cloud.stack(sleep=interrupt), [Scenario("interrupted", interrupt)], print)
    assert found.exit_code == 130
    assert "NOT DELETED" in report.written(found)


def test_transform_that_is_gone_keeps_neither_the_other_runs_nor_the_stack() -> None:
    cloud = SmallCloud(
        *["CREATE_COMPLETE"] * 4,
        "GONE",
        runs=("RUNNING",),
        resources={GONE_TRANSFORM: TRANSFORM, "tfm-1": TRANSFORM, "records": BUCKET},
    )
    assert session.run(cloud.stack(), [], print).left == ()
    assert cloud.calls == ["cancel tsk-RUNNING", "delete records/customers/records.csv", "delete stack"]


def test_resource_without_an_id_does_not_keep_the_stack() -> None:
    resources = {NO_ID: BUCKET, "records": BUCKET}
    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "GONE", resources=resources)
    assert session.run(cloud.stack(), [], print).left == ()
    assert cloud.calls == ["delete records/customers/records.csv", "delete stack"]


@pytest.mark.parametrize("error", [client_error("AccessDenied", "may not"), KeyError("unexpected")])
@pytest.mark.parametrize(
    "method", ["describe_stack_resources", "delete_object", "get_ml_task_runs", "get_ml_transforms"]
)
def test_stack_is_deleted_after_any_error_of_a_step_before(method: str, error: Exception) -> None:
    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "GONE", broken={method: error})
    session.run(cloud.stack(), [], print)
    assert "delete stack" in cloud.calls


def test_stack_that_is_left_is_reported_with_the_errors_that_were_met_before() -> None:
    broken = {"delete_object": client_error("AccessDenied", "may not delete objects")}
    cloud = SmallCloud(*["CREATE_COMPLETE"] * 4, "DELETE_FAILED", broken=broken)
    found = session.run(cloud.stack(), [], print)
    (line,) = found.left
    assert line.startswith("Stack Checked is left (DELETE_FAILED; ClientError: ")
    assert "may not delete objects" in line
    assert "NOT DELETED" in report.written(found)


@pytest.mark.parametrize("method", ["describe_stacks", "delete_stack"])
def test_unexpected_error_of_cloudformation_is_reported_as_a_stack_that_may_be_left(method: str) -> None:
    cloud = SmallCloud("CREATE_COMPLETE", broken={method: KeyError("unexpected")})
    (line,) = session.run(cloud.stack(), [], print).left
    assert "KeyError: 'unexpected'" in line
    assert "aws cloudformation delete-stack --stack-name Checked" in line
    assert ("delete stack" in cloud.calls) == (method == "describe_stacks")
