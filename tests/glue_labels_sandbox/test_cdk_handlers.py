"""The CDK's own functions that run in the sandbox, deployed by the real CLI; and the table of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glue_labels_bench.cdk import ROOT, bootstrap, run
from glue_labels_sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).with_name("handlers_app.py")
REGIONS = ("us-east-1", "eu-west-1")
NEEDED = {
    "`BucketDeployment`": None,  # test_cdk_buckets.py has these two
    "`auto_delete_objects=True`": "@aws-sdk/client-s3",
    "`add_event_notification`": None,
    "`LogRetention`": "@aws-sdk/client-cloudwatch-logs",
    "`cross_region_references=True`": "@aws-sdk/client-ssm",
    "`AwsCustomResource`": "@aws-sdk/client-SERVICE, for the service that it calls",
    "`Provider` with `is_complete_handler`": "@aws-sdk/client-lambda @aws-sdk/client-sfn",
    "`Trigger`": "@aws-sdk/client-lambda",
    "`restrict_default_security_group=True`": "@aws-sdk/client-ec2",
}
"""What is in an app, and what its function finds in Lambda and npm has to install here."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox to which all stacks are deployed."""
    folder = tmp_path_factory.mktemp("handlers")
    with Sandbox() as sandbox:
        bootstrap(sandbox, *REGIONS)
        run(sandbox, folder, "synth", "--quiet", "--app", f"{sys.executable} {APP}").check()
        never = ["--require-approval", "never"]
        run(sandbox, folder, "deploy", "--all", "--app", "cdk.out", "--concurrency", "2", *never).check()
        yield sandbox
        # Deletions are requests to the same functions.
        run(sandbox, folder, "destroy", "--all", "--force", "--app", "cdk.out").check()


pytestmark = pytest.mark.end_to_end


def test_log_retention_sets_it(deployed: Sandbox) -> None:
    groups = deployed.client("logs").describe_log_groups(logGroupNamePrefix="/kept")["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7]


def test_cross_region_reference_has_the_value_of_the_other_region(deployed: Sandbox) -> None:
    assert _parameter(deployed, "/copy") == f"arn:aws:sqs:eu-west-1:{deployed.account}:far-queue"


def test_bucket_has_its_notification(deployed: Sandbox) -> None:
    found = deployed.client("s3").get_bucket_notification_configuration(Bucket="notifying")
    assert len(found["QueueConfigurations"]) == 1


def test_aws_custom_resource_makes_its_call(deployed: Sandbox) -> None:
    assert _parameter(deployed, "/called") == "yes"


def test_provider_waits_for_is_complete_and_has_its_data(deployed: Sandbox) -> None:
    assert _parameter(deployed, "/said") == "hello"


def test_trigger_invokes_its_function(deployed: Sandbox) -> None:
    assert _parameter(deployed, "/triggered") == "yes"


def test_default_security_group_is_restricted(deployed: Sandbox) -> None:
    group = _parameter(deployed, "/group")
    (found,) = deployed.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_page_has_exactly_these_and_the_packages_they_need() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    table = page.partition("| in the app | npm package |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| (`.*?) \| (.*?) \|$", table, re.MULTILINE))
    assert {
        name: None if needs == "none" else needs.replace("`", "") for name, needs in rows.items()
    } == NEEDED


def _parameter(sandbox: Sandbox, name: str) -> str:
    return str(sandbox.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
