"""Everything is deleted at the end, or the report says what is left and how to remove it."""

from __future__ import annotations

from typing import NoReturn

import pytest
from small_cloud import SmallCloud

from glue_labels_account import session
from glue_labels_account.session import Scenario


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
    def interrupt(_seconds: float) -> NoReturn:
        raise KeyboardInterrupt

    found = session.run(SmallCloud("CREATE_IN_PROGRESS").stack(sleep=interrupt), [], print)
    (line,) = found.left
    assert "the deletion was interrupted" in line


def test_stack_that_stays_in_progress_is_left_after_the_account_s_wait_time() -> None:
    seconds = iter(range(1_000))
    cloud = SmallCloud("CREATE_IN_PROGRESS")
    found = session.run(cloud.stack(clock=lambda: float(next(seconds))), [], print)
    assert "CREATE_IN_PROGRESS" in found.left[0]
    assert cloud.calls == []
