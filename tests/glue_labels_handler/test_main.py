"""The entry point, imported as Lambda imports it."""

from __future__ import annotations

import subprocess
import sys


def test_entry_point_needs_nothing_but_the_runtime_and_crhelper() -> None:
    code = (
        "import sys, glue_labels_handler.main as m; assert callable(m.handler)\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "assert 'crhelper' in roots and 'boto3' in roots\n"
        "unexpected = roots & {'aws_cdk', 'constructs', 'moto', 'glue_labels', 'glue_labels_sandbox'}\n"
        "assert not unexpected, unexpected"
    )
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "PATH": "/usr/bin"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


_SUCCESSFUL_CREATE = """
import sys
from glue_labels_handler import services
class Glue:
    def get_ml_task_runs(self, **_): return {"TaskRuns": []}
    def start_import_labels_task_run(self, **_): return {"TaskRunId": "tsk-1"}
    def get_ml_task_run(self, **_): return {"TaskRunId": "tsk-1", "Status": "SUCCEEDED"}
class Context:
    invoked_function_arn = aws_request_id = ""
    def get_remaining_time_in_millis(self): return 900_000
responses = []
put = lambda url, body, *_: responses.append(body) or True
services.connect = lambda: services.Services(Glue(), None, None, put=put)
from glue_labels_handler.main import handler
handler({"RequestType": "Create", "RequestId": "1", "StackId": "arn:aws:stack/1", "LogicalResourceId": "A",
    "ResponseURL": "https://answers", "ResourceProperties":
    {"TransformId": "tfm-1", "InputS3Path": "s3://bucket/labels.csv"}}, Context())
assert b'"SUCCESS"' in responses[0], responses
lazy = {name for name, one in sys.modules.items() if type(one) is not type(sys)}
print(*sorted(name.partition(".")[2] for name in lazy if name.startswith("glue_labels_handler.")))
"""


def test_import_that_succeeds_loads_nothing_that_only_other_requests_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SUCCESSFUL_CREATE], capture_output=True, text=True, check=True
    )
    not_loaded = "causes errors evaluation_request polling_rule quality reasons stack_events"
    assert done.stdout.splitlines()[-1] == not_loaded
