"""A local AWS that the real CDK CLI deploys to, Glue's ML transforms included."""

from .records import GlueCall, Invocation, LabeledRow, Metrics, RunPlan, TaskRun
from .sandbox import Sandbox
from .server_process import SandboxStartError

__all__ = [
    "GlueCall",
    "Invocation",
    "LabeledRow",
    "Metrics",
    "RunPlan",
    "Sandbox",
    "SandboxStartError",
    "TaskRun",
]
