"""A role, its grant, the transform and the import in one deployment, where IAM needs time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end

DELAY_SECONDS = 12.0
"""More than the rest of the deployment takes after the role and its policy, without the import."""


@pytest.mark.parametrize("when", ["start", "run"])
def test_first_deployment_succeeds_though_iam_needs_time(
    new_deployment: Callable[[], Deployment], when: Literal["start", "run"]
) -> None:
    deployment = new_deployment()
    # The roles of the CDK CLI may be new, too.
    time.sleep(DELAY_SECONDS)
    deployment.sandbox.delay_iam(DELAY_SECONDS)
    deployment.sandbox.deny_at(when)
    try:
        created = deployment.deploy()
    finally:
        deployment.sandbox.delay_iam(0)
        deployment.sandbox.deny_at("start")
    assert created.code == 0, created.text
    assert deployment.known_sets() == {"A"}
    assert set(deployment.run_statuses()[:-1]) <= {"FAILED"}
    completed = {
        resource["ResourceType"]: resource["Timestamp"]
        for resource_type in ("AWS::IAM::RolePolicy", "Custom::GlueLabelsImport")
        for resource in deployment.resources(resource_type)
    }
    waited = completed["Custom::GlueLabelsImport"] - completed["AWS::IAM::RolePolicy"]
    assert waited.total_seconds() >= DELAY_SECONDS - 1
