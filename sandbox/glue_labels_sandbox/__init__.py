"""A local AWS that the real CDK CLI deploys to, Glue's ML transforms included."""

from .glue_call import GlueCall
from .import_run import ImportRun
from .invocation import Invocation
from .labeled_rows import LabeledRow
from .metrics import Metrics
from .run_plan import RunPlan
from .sandbox import Sandbox
from .server_process import SandboxStartError

__all__ = [
    "GlueCall",
    "ImportRun",
    "Invocation",
    "LabeledRow",
    "Metrics",
    "RunPlan",
    "Sandbox",
    "SandboxStartError",
]
