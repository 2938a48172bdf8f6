"""What the next deployment creates: the contract between the scenarios and the CDK app."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

CONTEXT_KEY = "desired"
"""The context value of the CDK app that has a `Desired`, as JSON."""

GLUE_VERSION = "4.0"
"""The Glue version of the transforms, unless another is given. See docs/availability.md."""

DPUS = 2
"""DPUs of each task run: the fewest that Glue accepts. A worker of type G.1X is one DPU."""

CUSTOMERS = "customers.csv"
"""The file name of each label file."""

RECORDS_FOLDER = "customers/"
"""The bucket's folder for the table's records."""

LABELS_FOLDER = "labels/"
"""The bucket's folder for label files that are not assets of the app."""

EXPORTS_FOLDER = "exports/"
"""The bucket's folder to which Glue exports labels."""

PROBES_FOLDER = "probes/"
"""The bucket's folder for label files that are imported without the construct."""


@dataclass(frozen=True)
class Desired:
    """What the stack has.

    Attributes:
        stack: the stack's name.
        labels: the path of the label file on this machine. None: no transform and no import.
        labels_key: the key of a label file in the stack's bucket, imported instead of `labels`.
        version: changes with each label version. It is in a policy that the import depends on, which
            shows the order of a rollback.
        new_role: whether there is a second import with another role, grant and transform.
        then_fail: whether the deployment fails after the import has succeeded.
        function_timeout: the timeout of the import function in seconds. None: the construct's default.
        glue_version: of the transforms.
    """

    stack: str
    labels: str | None = None
    labels_key: str | None = None
    version: str = "0"
    new_role: bool = False
    then_fail: bool = False
    function_timeout: int | None = None
    glue_version: str = GLUE_VERSION

    def to_context(self) -> str:
        """Return what the CDK CLI's option ``--context`` takes."""
        return f"{CONTEXT_KEY}={json.dumps(asdict(self))}"

    @classmethod
    def from_context(cls, value: str) -> Desired:
        """Return what `to_context` was made from; `value` is the context value."""
        return cls(**json.loads(value))

    def but(self, **changes: str | bool | int | None) -> Desired:
        """Return a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type] # the fields' own types, as asdict has them
