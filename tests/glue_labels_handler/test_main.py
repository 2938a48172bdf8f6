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
