"""The AWS account that the scenarios run in: its clients, the CDK CLI, a clock.

This runs the CDK CLI by itself, because the account check uses nothing of the benchmark: in a real account
there is no sandbox.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glue_labels_sandbox import Sandbox

CLI = Path(__file__).parents[2] / "node_modules" / ".bin" / "cdk"
"""Where npm puts the CDK CLI."""


class AccountError(Exception):
    """The account cannot be used. The text says why and what to do."""


@dataclass(frozen=True)
class CdkRun:
    """One run of the CDK CLI.

    Attributes:
        code: its exit code.
        text: its output.
    """

    code: int
    text: str


@dataclass(frozen=True)
class WaitTimes:
    """How long to wait, in seconds.

    Attributes:
        deployment: for one run of the CDK CLI, and for the deletion of the stack.
        task_run: for one task run of Glue.
        pause: between two polls.
        second_look: between two looks at what should not change any more.
    """

    deployment: float
    task_run: float
    pause: float
    second_look: float


@dataclass(frozen=True)
class Account:
    """An account and region, and what a scenario needs there.

    Attributes:
        id: 12 digits.
        region: for example ``us-east-1``.
        caller: the ARN of the credentials' user or role.
        options: what the AWS CLI needs to reach the same account, for example ``--region us-east-1``.
        client: returns the boto3 client of a service.
        cdk: runs the CDK CLI in a folder with some arguments.
        wait_times: how long to wait.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
    """

    id: str
    region: str
    caller: str
    options: str
    client: Callable[[str], Any]
    cdk: Callable[[Path, Sequence[str]], CdkRun]
    wait_times: WaitTimes
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_profile(cls, profile: str | None = None, region: str | None = None) -> Account:
        """Return the account of a profile of the AWS configuration.

        Args:
            profile: its name. By default as the SDK chooses: AWS_PROFILE, the environment, ``default``.
            region: by default the profile's.

        Raises:
            AccountError: there is no such profile, no region, or the credentials are not accepted.
        """
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            if session.region_name is None:
                raise AccountError("No region is configured. Give --region, or set AWS_REGION.")
            identity = session.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise AccountError(
                f"The AWS credentials cannot be used: {error}. Give --profile, or sign in again."
            ) from error
        environment = {"AWS_REGION": session.region_name, "AWS_DEFAULT_REGION": session.region_name}
        options = f"--region {session.region_name}"
        if profile is not None:
            environment["AWS_PROFILE"] = profile
            options += f" --profile {profile}"
        # 75 minutes: an import may take 55, and CloudFormation needs time as well.
        wait_times = WaitTimes(deployment=4_500, task_run=3_600, pause=10, second_look=60)
        return cls(
            id=str(identity["Account"]),
            region=session.region_name,
            caller=str(identity["Arn"]),
            options=options,
            client=session.client,
            cdk=_cdk(environment, wait_times.deployment),
            wait_times=wait_times,
        )

    @classmethod
    def from_sandbox(cls, sandbox: Sandbox) -> Account:
        """Return the account of a sandbox that is bootstrapped for the CDK."""
        wait_times = WaitTimes(deployment=300, task_run=60, pause=0.2, second_look=1)
        return cls(
            id=sandbox.account,
            region=sandbox.region,
            caller=f"arn:aws:iam::{sandbox.account}:root",
            options=f"--region {sandbox.region} --endpoint-url {sandbox.endpoint_url}",
            client=sandbox.client,
            cdk=_cdk(sandbox.environment, wait_times.deployment),
            wait_times=wait_times,
        )

    def wait_until(self, is_over: Callable[[], bool], seconds: float, pause: float | None = None) -> bool:
        """Poll until something is over. Return whether that was within `seconds`.

        Args:
            is_over: polls once.
            seconds: how long to poll.
            pause: between two polls, in seconds, by default that of `wait_times`.
        """
        until = self.clock() + seconds
        while not is_over():
            if self.clock() >= until:
                return False
            self.sleep(self.wait_times.pause if pause is None else pause)
        return True


def _cdk(environment: Mapping[str, str], seconds: float) -> Callable[[Path, Sequence[str]], CdkRun]:
    def run(folder: Path, arguments: Sequence[str]) -> CdkRun:
        try:
            # S603: the project's own CLI, with arguments of this package.
            done = subprocess.run(  # noqa: S603
                [str(CLI), *arguments],
                cwd=folder,
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return CdkRun(1, f"The CDK CLI did not end within {seconds:.0f} seconds and was stopped.")
        return CdkRun(done.returncode, done.stdout)

    return run
