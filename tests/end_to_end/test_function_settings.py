"""A function with a company's settings, deployed by the real CLI on the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def test_function_with_the_app_s_own_role_network_and_log_group_completes_a_long_import(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    # Longer than the function's 12 seconds: a rule has to go on, and the given role must allow that.
    deployment.sandbox.plan_runs(RunPlan(seconds=15))

    created = deployment.deploy(company="yes", function_timeout="12")

    assert created.code == 0, created.text
    assert deployment.known_sets() == {"A"}
    assert deployment.run_statuses() == ["SUCCEEDED"]
    assert deployment.rules() == []
    assert "-FunctionRole" in deployment.function_role
    functions = deployment.sandbox.client("lambda")
    configuration = functions.get_function_configuration(FunctionName=deployment.function)
    assert configuration["Environment"]["Variables"]["LOG_LEVEL"] == "DEBUG"
    assert configuration["MemorySize"] == 512
    (group,) = deployment.resources("AWS::Logs::LogGroup")
    assert configuration["LoggingConfig"]["LogGroup"] == group["PhysicalResourceId"]
    # The role must allow that, too.
    assert deployment.function_log()

    assert deployment.destroy().code == 0
    assert deployment.status in {"GONE", "DELETE_COMPLETE"}
