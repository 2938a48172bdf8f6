"""Counting of records, templates and histories."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from glue_labels_bench.app import counted_stack
from glue_labels_bench.bill import Prices
from glue_labels_bench.contenders import CRHELPER
from glue_labels_bench.imports_in_turn import in_turn
from glue_labels_bench.low_concurrency import most_at_once, without_names
from glue_labels_bench.measured_import import MeasuredImport
from glue_labels_bench.run_lengths import RunLength
from glue_labels_bench.templates import Footprint, footprint
from glue_labels_bench.usage import gb_seconds, measured_import, state_transitions
from glue_labels_sandbox import GlueCall, Invocation, TaskRun

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)


def seconds_after_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_gb_seconds_are_memory_times_time_rounded_up_to_milliseconds() -> None:
    invocations = [Invocation("f", 512, NOON, 2.0001), Invocation("f", 128, NOON, 1.0)]
    assert gb_seconds(invocations) == pytest.approx(0.5 * 2.001 + 0.125)


def test_invocations_at_once_are_those_that_overlap() -> None:
    begun_and_took = [(0, 10.0), (5, 5.0), (9, 3.0), (10, 1.0), (20, 1.0)]
    invocations = [Invocation("f", 128, seconds_after_noon(begun), took) for begun, took in begun_and_took]
    assert most_at_once(invocations) == 3
    assert most_at_once([]) == 0


def test_reasons_are_the_same_whatever_run_and_transform_they_name() -> None:
    late = "Lambda delivered it late (the timeout of LabelsImport) after it was made. Deploy again."
    assert without_names(f"{late} (no task run, transform tfm-1, s3://b/k)") == late
    assert without_names(late) == late


def test_retries_are_state_transitions_too() -> None:
    kinds = ["ExecutionStarted", "TaskStateEntered", *["TaskScheduled", "TaskFailed"] * 3]
    history = [{"type": kind} for kind in [*kinds, "TaskScheduled", "TaskSucceeded", "TaskStateExited"]]
    assert state_transitions(history) == 4


def test_import_is_measured_from_the_runs_end_by_its_own_calls() -> None:
    run = TaskRun(
        "tsk-1", "tfm-1", "s3://b/k", True, NOON, "SUCCEEDED", NOON, completed_on=seconds_after_noon(30)
    )
    calls = [
        GlueCall("StartImportLabelsTaskRun", "tfm-1", NOON),
        GlueCall("GetMLTaskRun", "tfm-1", NOON),
        GlueCall("GetMLTaskRun", "tfm-2", NOON),
        GlueCall("CreateMLTransform", "tfm-1", NOON),
    ]
    measured = measured_import("us", 30, run, seconds_after_noon(31.5), [], calls, 7)
    assert measured == MeasuredImport("us", 30, 30.0, 1.5, 2, 0, 0.0, 7)


def test_import_costs_what_it_used_at_the_prices() -> None:
    prices = Prices("r", "d", lambda_gb_second=1, lambda_request=10, state_transition=100, glue_call=1000)
    assert prices.of(MeasuredImport("us", 30, 30.0, 1.0, 4, 3, 2.0, 1)) == 2 + 30 + 100 + 4000


def test_prices_name_their_pages() -> None:
    prices = Prices.read()
    assert prices.region == "us-east-1"
    assert prices.lambda_gb_second == 0.0000166667


def test_contender_that_begins_changes_with_each_repetition() -> None:
    turns = in_turn(["a", "b"], [RunLength(30, 2), RunLength(5, 1)])
    assert [f"{who}{length.seconds}.{repeat}" for who, length, repeat in turns] == [
        *("a30.0", "b30.0", "b30.1", "a30.1", "a5.0", "b5.0")
    ]


def test_stock_crhelper_begins_before_all_others() -> None:
    turns = in_turn(["a", CRHELPER, "b"], [RunLength(30, 1), RunLength(5, 1)])
    assert [(who, length.seconds) for who, length, _ in turns] == [
        *((CRHELPER, 30), (CRHELPER, 5), ("a", 30), ("b", 30), ("b", 5), ("a", 5))
    ]


def test_repetitions_spread_over_the_providers_interval() -> None:
    lengths = [RunLength(30, 5).of_repeat(repeat) for repeat in range(5)]
    assert lengths == [30.5, 31.5, 32.5, 33.5, 34.5]


def test_footprint_is_what_an_import_adds(tmp_path: Path) -> None:
    base = {"Shared": _role("s3:GetObject")}
    first = {**base, "Role": _role("glue:Start", "logs:Put"), "Function": {"Type": "AWS::Lambda::Function"}}
    first["More"] = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": _document("*", "events:PutRule")},
    }
    first["Role"]["Properties"]["ManagedPolicyArns"] = [
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/Basic"]]}
    ]
    first["OfTransform"] = {
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {"RoleName": {"Ref": "Role"}, "PolicyDocument": _document("arn:some", "glue:Get")},
    }
    same = {**first, "Import": {"Type": "Custom::It"}}
    another = {**same, "OfAnother": {"Type": "AWS::IAM::RolePolicy"}}
    for count, resources in {(0, 0): base, (1, 1): first, (2, 2): another, (2, 1): same}.items():
        template = json.dumps({"Resources": resources})
        (tmp_path / f"{counted_stack('us', *count)}.template.json").write_text(template)
    managed = {"service-role/Basic": ["logs:CreateLogGroup"]}
    found = footprint(tmp_path, "us", managed.__getitem__)
    assert found == Footprint(first=4, further=2, same_transform=1, actions=5, on_everything=2)


def _role(*actions: str) -> dict[str, Any]:
    policies = [{"PolicyName": "p", "PolicyDocument": _document("arn:some", *actions)}]
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}


def _document(resource: str, *actions: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
