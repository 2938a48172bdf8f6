"""A local AWS that the real CDK CLI deploys to, Glue's ML transforms included."""

from .import_run import ImportRun
from .labeled_rows import LabeledRow
from .run_plan import RunPlan
from .sandbox import Sandbox
from .server_process import SandboxStartError

__all__ = ["ImportRun", "LabeledRow", "RunPlan", "Sandbox", "SandboxStartError"]
