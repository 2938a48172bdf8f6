"""CDK's own functions for buckets, deployed by the real CLI: BucketDeployment and `auto_delete_objects`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from glue_labels_bench.cdk import bootstrap, run
from glue_labels_sandbox import Sandbox

APP = Path(__file__).with_name("buckets_app.py")
MANY = 250
"""The AWS CLI prints a line for each file; MiniStack gives up after 200 lines that are no response."""


@pytest.mark.end_to_end
def test_buckets_files_are_deployed_and_deleted_with_its_stack(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(MANY):
        (files / f"{number}.txt").write_text(str(number))
    app = ("--app", f"{sys.executable} {APP}")
    with Sandbox() as sandbox:
        bootstrap(sandbox)
        run(sandbox, tmp_path, "deploy", "Buckets", *app, "--require-approval", "never").check()
        (stack,) = sandbox.client("cloudformation").describe_stacks(StackName="Buckets")["Stacks"]
        name = stack["Outputs"][0]["OutputValue"]
        s3 = sandbox.client("s3")
        assert s3.get_object(Bucket=name, Key="greeting.txt")["Body"].read() == b"hello"
        assert s3.list_objects_v2(Bucket=name)["KeyCount"] == MANY + 1

        run(sandbox, tmp_path, "destroy", "Buckets", *app, "--force").check()
        assert name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        events = sandbox.client("cloudformation").describe_stack_events(StackName=stack["StackId"])
        emptied = {
            event["ResourceStatus"]
            for event in events["StackEvents"]
            if event["ResourceType"] == "Custom::S3AutoDeleteObjects"
        }
        assert "DELETE_COMPLETE" in emptied
        assert not any(status.endswith("FAILED") for status in emptied)
