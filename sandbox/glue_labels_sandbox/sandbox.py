"""A local AWS, started and reached from Python."""

from __future__ import annotations

import secrets
import ssl
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Literal

import boto3

from .connection import SECRET
from .control import RESPONSE_ACTION, ControlClient
from .history import MAX_DELAY_SECONDS
from .server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .records import GlueCall, Invocation, LabeledRow, Metrics, RunPlan, TaskRun

ACCOUNT = "111122223333"
"""The account of a sandbox by default; AWS reserves it for documentation."""

REGION = "us-east-1"
"""The region of a sandbox by default."""


class Sandbox:
    """A local AWS with Glue's ML transforms, IAM enforced, that the CDK CLI can deploy to.

    It runs until `stop`, the end of a ``with`` block, or the end of this process, even if that is killed. It
    leaves nothing behind. Several can run side by side.

        with Sandbox() as sandbox:
            subprocess.run(["cdk", "deploy"], env={**os.environ, **sandbox.environment}, check=True)

    Attributes:
        account: 12 digits.
        region: Where clients and the CLI work by default.
        endpoint_url: Of all services, https on 127.0.0.1.
        environment: The variables that a CLI or SDK process needs in addition to `os.environ`.
        log: The server's log, deleted when the sandbox stops.
        pid: Of the server's process.
    """

    def __init__(self, *, account: str = ACCOUNT, region: str = REGION) -> None:
        """Start a sandbox and wait until it is ready, a few seconds.

        Args:
            account: 12 digits, by default `ACCOUNT`.
            region: By default `REGION`.

        Raises:
            SandboxStartError: the server did not come up.
        """
        token = secrets.token_hex(16)
        self._server = ServerProcess(account, region, token)
        self._connection = self._server.connection
        self.account = account
        self.region = region
        self.endpoint_url = self._connection.url
        self.environment: Mapping[str, str] = MappingProxyType(self._connection.environment())
        self.log: Path = self._server.log
        self.pid = self._server.pid
        self._control = ControlClient(self._connection, token)

    def __enter__(self) -> Sandbox:
        """Return the sandbox, which is already running."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the sandbox."""
        self.stop()

    def stop(self) -> None:
        """End the server and its functions, remove its files; a second call does nothing."""
        self._server.stop()

    def client(self, service: str, region: str | None = None, **settings: Any) -> Any:
        """Return a boto3 client of the account's root user.

        Args:
            service: As boto3 names it, for example ``glue``.
            region: The sandbox's own by default.
            settings: Of botocore's `Config`, for example ``signature_version``.
        """
        return boto3.client(
            service,
            aws_access_key_id=self.account,
            aws_secret_access_key=SECRET,
            **self._connection.client_arguments(region, **settings),
        )

    def plan_runs(self, *plans: RunPlan) -> None:
        """Plan the next runs, in this order; later runs follow `plan_other_runs`."""
        self._control.call("plan_runs", *plans)

    def plan_other_runs(self, plan: RunPlan) -> None:
        """Plan all runs that `plan_runs` does not; by default they succeed after 3 seconds."""
        self._control.call("configure", default_plan=plan)

    def limit_concurrent_runs(self, limit: int) -> None:
        """Allow a transform `limit` runs in flight, by default 3."""
        self._control.call("configure", concurrent_runs=limit)

    def deny_at(self, when: Literal["start", "run"]) -> None:
        """Set when Glue notices that a role cannot be used or may not read the label file.

        Args:
            when: ``start`` refuses StartImportLabelsTaskRun, the default and what AWS documents; ``run`` lets
                the run start and end FAILED with the same text.
        """
        self._control.call("configure", denies_at=when)

    def delay_ready(self, seconds: float) -> None:
        """Keep a transform NOT_READY for a time after its first import of labels.

        No source says how soon a transform is READY that has been taught.

        Args:
            seconds: 0, the default, makes it READY at once.
        """
        self._control.call("configure", ready_after_seconds=seconds)

    def set_glue_clock_ahead(self, seconds: float) -> None:
        """Have Glue's clock run ahead of all others.

        Args:
            seconds: 0 by default; negative to make it run behind.
        """
        self._control.call("configure", clock_ahead=seconds)

    def delay_iam(self, seconds: float) -> None:
        """Delay the effect of changes of roles, for Glue's reads and for calls that a role signs.

        A role's permissions and trust policy count as they were this many seconds ago.

        Args:
            seconds: 0 to 900; 0, the default, means at once.

        Raises:
            ValueError: out of these bounds.
        """
        self._control.call("delay_iam", _delay(seconds))

    def delay_events(self, seconds: float) -> None:
        """Delay changes of a rule's targets, for EventBridge's ListTargetsByRule and DeleteRule.

        They see the targets that the rule had this many seconds ago. New targets are not listed yet, and a
        rule whose targets were removed cannot be deleted yet.

        Args:
            seconds: 0 to 900; 0, the default, means at once.

        Raises:
            ValueError: out of these bounds.
        """
        self._control.call("delay_events", _delay(seconds))

    def limit_concurrency(self, executions: int | None) -> None:
        """Limit the executions of functions at once, in each account and region.

        A synchronous invocation over the limit gets TooManyRequestsException. An asynchronous one, as
        CloudFormation and EventBridge make them, runs later: Lambda retries it for up to 6 hours, at first
        after a second, at last every 5 minutes. New AWS accounts have a limit of 10.

        Args:
            executions: At least 1; None, the default, means AWS's default quota of 1,000.

        Raises:
            ValueError: less than 1.
        """
        if executions is not None and executions < 1:
            raise ValueError(f"An account has at least 1 execution at once, not {executions}.")
        self._control.call("limit_concurrency", executions)

    def revert_policies(self, when: Literal["first", "last"] | None) -> None:
        """Have CloudFormation restore and delete policies first or last; no source says which it does.

        It holds for resources of type AWS::IAM::Policy, AWS::IAM::RolePolicy and AWS::IAM::Role: in a
        rollback, in the cleanup of an update or rollback, and when a stack is deleted. A deletion never
        comes before that of a dependent resource.

        Args:
            when: Before (``first``) or after (``last``) all other resources; None, the default, leaves
                them where the template's dependencies and logical ids put them.
        """
        self._control.call("revert_policies", when)

    def fail_calls(self, action: str, error_code: str, times: int = 1) -> None:
        """Have the next calls of one of Glue's ML actions fail.

        Args:
            action: As the API names it, for example ``GetMLTaskRun``.
            error_code: The error that they get, for example ``ThrottlingException``.
            times: How many; each HTTP request counts, the SDK's own retries too.
        """
        self._control.call("fail_calls", action, error_code, times)

    def throttle_calls(self, action: str, per_second: float | None) -> None:
        """Refuse calls of one of Glue's ML actions above a rate, with ThrottlingException.

        Args:
            action: As the API names it, for example ``GetMLTaskRun``.
            per_second: Calls that pass in a second, of all callers together; None lifts the limit.
        """
        self._control.call("throttle_calls", action, per_second)

    def fail_responses(self, times: int = 1) -> None:
        """Have the next uploads of a custom resource's response, to its ResponseURL, fail with HTTP 503."""
        self.fail_calls(RESPONSE_ACTION, "SlowDown", times)

    def fire_rule(self, name: str) -> None:
        """Have an EventBridge rule with a rate fire within a second, before its minute is over.

        Raises:
            LookupError: the sandbox's region has no rule of this name.
        """
        if not self._control.call("fire_rule", self.account, self.region, name):
            raise LookupError(f"No rule named {name} in {self.region}.")

    def functions_at_work(self) -> list[str]:
        """Return the names of the functions with an invocation in progress, once for each invocation."""
        return list(self._control.call("functions_at_work"))

    def crash_function(self, name: str) -> None:
        """Kill the processes in which a function is running, as if it ran out of memory.

        Raises:
            LookupError: it is not running.
        """
        if not self._control.call("crash_function", name):
            raise LookupError(f"No invocation of {name} is in progress.")

    def invocations(self) -> tuple[Invocation, ...]:
        """Return the invocations of Lambda functions that have ended, in the order of their ends."""
        return tuple(self._control.call("invocations"))

    def glue_calls(self) -> tuple[GlueCall, ...]:
        """Return the calls of Glue's ML actions, of all callers, in the order in which they came."""
        return tuple(self._control.call("glue_calls"))

    def server_tls(self) -> ssl.SSLContext:
        """Return the TLS context by which functions trust a server of yours on 127.0.0.1."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        directory = self._connection.directory
        context.load_cert_chain(directory / "server.pem", directory / "server.key")
        return context

    def labels(self, transform_id: str) -> tuple[LabeledRow, ...]:
        """Return the labels that a transform knows now, in the order in which it learned them."""
        return tuple(self._control.call("labels", transform_id))

    def metrics(self, transform_id: str) -> Metrics | None:
        """Return the metrics of a transform's last evaluation that succeeded; None if there are none."""
        metrics: Metrics | None = self._control.call("metrics", transform_id)
        return metrics

    def runs(self, transform_id: str | None = None) -> tuple[TaskRun, ...]:
        """Return the task runs of one transform, or of all, in the order in which they were started."""
        return tuple(self._control.call("runs", transform_id))

    def runs_of_deleted_transforms(self) -> tuple[TaskRun, ...]:
        """Return the task runs of transforms that were deleted, as they were then.

        Glue forgets them with the transform, for example when a stack whose import failed is rolled back.
        """
        return tuple(self._control.call("runs_of_deleted_transforms"))

    def unknown_resources(self) -> dict[str, str]:
        """Return the types of the resources for which stacks were refused, by their paths in the app.

        A resource without a CDK path in its metadata is named by its logical id.
        """
        return dict(self._control.call("unknown_resources"))

    def labels_known(self, runs: Iterable[TaskRun]) -> dict[str, int]:
        """Return how many labels the transforms of task runs know now, by transform id."""
        return {run.transform_id: len(self.labels(run.transform_id)) for run in runs}


def _delay(seconds: float) -> float:
    if not 0 <= seconds <= MAX_DELAY_SECONDS:
        raise ValueError(f"A delay is 0 to {MAX_DELAY_SECONDS:g} seconds, not {seconds:g}.")
    return seconds
