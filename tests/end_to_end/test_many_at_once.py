"""Many imports at the same time, while Glue throttles the polls."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from deployment import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end

IMPORTS = 50
THROTTLED_LOOKS = 4 * IMPORTS


def test_fifty_imports_at_once_all_succeed_though_polls_are_throttled(deployed: Deployment) -> None:
    sandbox = deployed.sandbox
    path = deployed.label_file("M")
    with transforms(deployed) as transform_ids:
        sandbox.fail_calls("GetMLTaskRun", "ThrottlingException", times=THROTTLED_LOOKS)
        requests = {
            transform_id: deployed.request(
                "Create",
                LogicalResourceId=f"Labels{number}",
                ResourceProperties=deployed.properties(TransformId=transform_id, InputS3Path=path),
            )
            for number, transform_id in enumerate(transform_ids)
        }
        for request in requests.values():
            request.send()
        eventually(lambda: all(request.response_count() for request in requests.values()), 240, pause=2)
        assert eventually(deployed.is_idle)
        for transform_id, request in requests.items():
            (run,) = sandbox.runs(transform_id)
            response = request.response()
            assert response is not None
            assert response["Status"] == "SUCCESS", response
            assert (run.status, response["PhysicalResourceId"]) == ("SUCCEEDED", run.task_run_id)
            assert request.response_count() == 1


@contextmanager
def transforms(deployment: Deployment) -> Iterator[list[str]]:
    """Transforms with the role of the stack's transform. The stack's function may use them."""
    glue, iam = deployment.sandbox.client("glue"), deployment.sandbox.client("iam")
    model = glue.get_ml_transform(TransformId=deployment.transform)
    transform_ids = [
        glue.create_ml_transform(
            Name=f"many-{number}",
            InputRecordTables=model["InputRecordTables"],
            Parameters=model["Parameters"],
            Role=model["Role"],
        )["TransformId"]
        for number in range(IMPORTS)
    ]
    # With an import for each, the stack's policy would name them.
    more = {"RoleName": deployment.function_role, "PolicyName": "ManyTransforms"}
    arn = f"arn:aws:glue:{deployment.sandbox.region}:{deployment.sandbox.account}:mlTransform"
    statement = {
        "Effect": "Allow",
        "Action": ["glue:StartImportLabelsTaskRun", "glue:GetMLTaskRun", "glue:GetMLTaskRuns"],
        "Resource": [f"{arn}/{transform_id}" for transform_id in transform_ids],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(**more, PolicyDocument=json.dumps(document))
    yield transform_ids
    iam.delete_role_policy(**more)
    for transform_id in transform_ids:
        glue.delete_ml_transform(TransformId=transform_id)
