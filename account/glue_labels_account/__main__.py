"""Run the end-to-end scenarios in the account of a profile, and report which assumptions about AWS held."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from . import report, session
from .account import Account, AccountError
from .desired import GLUE_VERSION, Desired
from .stack import GONE, ScenarioStack, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STACK = "GlueLabelsAccountCheck"
"""The stack's name, unless another is given."""

LOG = Path("build", "account.log")
"""The file for the output of the CDK CLI, unless another is given."""

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The SSM parameter that `cdk bootstrap` creates."""


def main(
    arguments: Sequence[str] | None = None,
    *,
    account_of: Callable[[str | None, str | None], Account] = Account.from_profile,
    ask: Callable[[str], str] = input,
) -> int:
    """Run the command line. Return its exit code.

    Args:
        arguments: by default those of the process.
        account_of: returns the account of a profile and region.
        ask: asks the user, and returns what they type.
    """
    options = _options(arguments)
    _interrupt_on_signals()
    try:
        account = account_of(options.profile, options.region)
        check_ready(account, options.stack)
    except AccountError as error:
        print(error, file=sys.stderr)
        return 1
    print(report.announcement(account, options.stack, options.glue_version, long=options.long))
    if not options.yes and not _agrees(ask):
        print("Nothing was created.")
        return 1
    with tempfile.TemporaryDirectory(prefix="glue-labels-account-") as folder:
        desired = Desired(options.stack, glue_version=options.glue_version)
        stack = ScenarioStack(account, desired, Path(folder))
        found = session.run(stack, session.chosen(long=options.long), _show)
    _show(f"\n{report.written(found)}\n{_logged(options.log, stack.log)}")
    return found.exit_code


def check_ready(account: Account, stack: str) -> None:
    """Check that the account is ready for the scenarios.

    Raises:
        AccountError: it is not bootstrapped, or already has a stack of this name.
    """
    try:
        account.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except ClientError as error:
        raise AccountError(
            f"Account {account.id}, region {account.region}, is not bootstrapped for the CDK, or its "
            f"bootstrap version cannot be read ({refusal(error)}). "
            f"Run cdk bootstrap aws://{account.id}/{account.region}."
        ) from error
    status = ScenarioStack(account, Desired(stack), Path()).status
    if status != GONE:
        raise AccountError(
            f"Account {account.id} already has a stack {stack} ({status}). "
            "It may be left from an earlier run. "
            f"Delete it: aws cloudformation delete-stack --stack-name {stack} {account.options}. "
            "Or give another name: --stack."
        )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m glue_labels_account", description=__doc__)
    parser.add_argument("--profile", help="a profile of your AWS configuration (default: as the SDK chooses)")
    parser.add_argument("--region", help="for example us-east-1 (default: the profile's)")
    parser.add_argument("--stack", default=STACK, help="the stack's name (default: %(default)s)")
    parser.add_argument(
        "--glue-version", default=GLUE_VERSION, help="of the transforms (default: %(default)s)"
    )
    parser.add_argument(
        "--long",
        action="store_true",
        help="also run an import that outlives an invocation of the function",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before creating anything")
    parser.add_argument(
        "--log", type=Path, default=LOG, help="file for the CDK CLI's output (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def _agrees(ask: Callable[[str], str]) -> bool:
    try:
        return ask("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        # There is no terminal. A pipeline gives --yes.
        return False


def _show(text: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        # The reader of one may have gone, as in `make test-aws | head`. The report says what is left.
        with contextlib.suppress(OSError, ValueError):
            print(text, file=stream, flush=True)
            return


def _logged(path: Path, log: Sequence[str]) -> str:
    """Write the output of the CDK CLI to a file. Return where it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(log), encoding="utf-8")
    except OSError as error:
        return f"The output of the CDK CLI could not be written: {error}"
    return f"The output of the CDK CLI: {path}"


def _interrupt_on_signals() -> None:
    """Have a signal that ends the process act like Ctrl-C, after which the stack is deleted.

    A CI job that times out gets SIGTERM. A terminal that is closed sends SIGHUP.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        # nohup has SIGHUP ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: object) -> NoReturn:
    # A closed terminal sends SIGHUP, and then its shell does too. The second must not stop the deletion.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
