"""Failures that the function survives: a killed process, an unreachable URL, a run that never ends."""

from __future__ import annotations

import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from deployment import eventually

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployment import Deployment

    from glue_labels_sandbox import Sandbox

pytestmark = pytest.mark.end_to_end


def test_deployment_survives_the_function_killed_while_it_waits(deployed: Deployment) -> None:
    sandbox, function, before = deployed.sandbox, deployed.function, len(deployed.run_statuses())
    new_set = str(uuid.uuid4())
    deployed.write_labels(new_set)
    sandbox.plan_runs(RunPlan(seconds=8))
    with ThreadPoolExecutor() as executor:
        deploying = executor.submit(deployed.deploy)
        eventually(lambda: deployed.run_statuses()[before:] == ["RUNNING"])
        sandbox.crash_function(function)
        done = deploying.result()
    assert done.code == 0, done.text
    assert deployed.run_statuses()[before:] == ["SUCCEEDED"]
    assert deployed.outputs["TaskRunId"] == sandbox.runs(deployed.transform)[-1].task_run_id
    assert deployed.known_sets() == {new_set}
    assert '"event": "existing run found"' in deployed.function_log()
    assert eventually(deployed.is_idle)


def test_request_survives_the_function_killed_while_it_polls(short_lived: Deployment) -> None:
    sandbox, before = short_lived.sandbox, len(short_lived.run_statuses())
    sandbox.plan_runs(RunPlan(seconds=18))
    request = short_lived.request(
        "Create", ResourceProperties=short_lived.properties(InputS3Path=short_lived.label_file("K"))
    )
    request.send()
    (rule,) = eventually(short_lived.rules)
    eventually(lambda: not sandbox.functions_at_work())
    sandbox.fire_rule(rule)
    eventually(sandbox.functions_at_work)
    sandbox.crash_function(short_lived.function)
    response = short_lived.fire_rules_until(request.response)
    assert response["Status"] == "SUCCESS"
    assert short_lived.run_statuses()[before:] == ["SUCCEEDED"]
    assert eventually(short_lived.is_idle)


def test_response_that_is_refused_with_503_is_sent_again(deployed: Deployment) -> None:
    before = len(deployed.run_statuses())
    deployed.write_labels(str(uuid.uuid4()))
    deployed.sandbox.fail_responses(times=3)
    done = deployed.deploy()
    assert done.code == 0, done.text
    assert deployed.run_statuses()[before:] == ["SUCCEEDED"]
    assert deployed.function_log().count('"error": "HTTP 503"') == 3
    assert eventually(deployed.is_idle)


def test_response_that_fails_until_the_invocation_ends_is_sent_by_the_next(
    short_lived: Deployment,
) -> None:
    before = len(short_lived.run_statuses())
    with response_url_that_refuses_at_first(short_lived.sandbox) as (address, listen, responses):
        request = short_lived.request(
            "Create",
            ResourceProperties=short_lived.properties(InputS3Path=short_lived.label_file("R")),
            ResponseURL=address,
        )
        request.send()
        eventually(short_lived.rules)
        # Only the response is missing.
        assert short_lived.run_statuses()[before:] == ["SUCCEEDED"]
        eventually(lambda: not short_lived.sandbox.functions_at_work())
        listen()
        short_lived.fire_rules_until(lambda: responses and short_lived.is_idle())
        assert len(responses) == 1
        assert b'"Status": "SUCCESS"' in responses[0]
    assert short_lived.run_statuses()[before:] == ["SUCCEEDED"]
    assert "EndpointConnectionError" in short_lived.function_log()


def test_run_stuck_beyond_the_handover_is_cancelled_at_its_deadline(short_lived: Deployment) -> None:
    before = len(short_lived.run_statuses())
    short_lived.sandbox.plan_runs(RunPlan(status=None))
    # The function's first invocation polls for 9 seconds.
    properties = short_lived.properties(InputS3Path=short_lived.label_file("S"), TimeoutSeconds="12")
    request = short_lived.request("Create", ResourceProperties=properties)
    request.send()
    eventually(short_lived.rules)
    response = short_lived.fire_rules_until(request.response)
    run = short_lived.sandbox.runs(short_lived.transform)[-1]
    assert response["Status"] == "FAILED"
    assert response["PhysicalResourceId"] == run.task_run_id
    assert response["Reason"].startswith("The import of labels did not end within 12 seconds")
    assert f"task run {run.task_run_id}, status STOPPED" in response["Reason"]
    assert short_lived.run_statuses()[before:] == ["STOPPED"]
    assert eventually(short_lived.is_idle)
    assert request.response_count() == 1


def test_stack_whose_creation_failed_is_destroyed_completely(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    sandbox = deployment.sandbox
    sandbox.plan_runs(RunPlan(seconds=1, status="FAILED", error_string="No labels."))
    assert deployment.deploy().code != 0
    assert deployment.status == "ROLLBACK_COMPLETE"
    assert "The import of labels failed: No labels." in deployment.failures
    assert deployment.destroy().code == 0
    assert deployment.status == "GONE"
    left = [
        *(found["FunctionName"] for found in sandbox.client("lambda").list_functions()["Functions"]),
        *(found["RoleName"] for found in sandbox.client("iam").list_roles()["Roles"]),
        *(found["logGroupName"] for found in sandbox.client("logs").describe_log_groups()["logGroups"]),
        *(found["Name"] for found in sandbox.client("glue").get_ml_transforms()["Transforms"]),
    ]
    assert [name for name in left if f"{deployment.stack}-" in name] == []
    assert eventually(deployment.is_idle)


@contextmanager
def response_url_that_refuses_at_first(
    sandbox: Sandbox,
) -> Iterator[tuple[str, Callable[[], None], list[bytes]]]:
    """A ResponseURL that refuses connections until `listen` is called, and keeps the responses after that.

    Yields:
        The URL, `listen`, and the responses.
    """
    responses: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            responses.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    # Bound, so that no other process gets the port, but not listening.
    with HTTPServer(("127.0.0.1", 0), Take, bind_and_activate=False) as server:
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.server_bind()

        def listen() -> None:
            server.socket = sandbox.server_tls().wrap_socket(server.socket, server_side=True)
            server.server_activate()
            threading.Thread(target=server.serve_forever, daemon=True).start()

        made = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        yield f"https://127.0.0.1:{server.server_port}/?X-Amz-Date={made}", listen, responses
        server.shutdown()
