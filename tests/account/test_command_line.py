"""What `python -m glue_labels_account` says and asks before it creates anything."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from moto import mock_aws
from small_cloud import ACCOUNT, REGION, SmallCloud

from glue_labels_account.__main__ import STACK, main
from glue_labels_account.account import Account, AccountError
from glue_labels_account.scenarios import SHORT_FUNCTION_SECONDS


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new folder for the log."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region as the SDK finds them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def never_asked(_prompt: str) -> NoReturn:
    pytest.fail("The user was asked.")


def run(cloud: SmallCloud, *arguments: str, reply: str | None = None) -> int:
    """Run the command line in a cloud; without a reply, the user must not be asked."""
    ask = never_asked if reply is None else lambda _prompt: reply
    return main(arguments, account_of=lambda *_: cloud.account(), ask=ask)


@pytest.mark.parametrize("reply", ["", "n", "no", "later"])
def test_nothing_is_created_unless_the_user_agrees(capsys: pytest.CaptureFixture[str], reply: str) -> None:
    cloud = SmallCloud("GONE")
    assert run(cloud, reply=reply) == 1
    assert not cloud.deployments
    assert "Nothing was created." in capsys.readouterr().out


def test_scenarios_run_when_the_user_agrees() -> None:
    cloud = SmallCloud("GONE")
    run(cloud, reply="y")
    assert cloud.deployments


def test_nothing_is_created_without_a_terminal() -> None:
    def ask(_prompt: str) -> str:
        raise EOFError

    cloud = SmallCloud("GONE")
    assert main([], account_of=lambda *_: cloud.account(), ask=ask) == 1
    assert not cloud.deployments


def test_account_region_stack_and_cost_are_shown_before_the_question(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ""

    def ask(_prompt: str) -> str:
        nonlocal said
        said = " ".join(capsys.readouterr().out.split())
        return "no"

    main([], account_of=lambda *_: SmallCloud("GONE").account(), ask=ask)
    assert all(word in said for word in (ACCOUNT, REGION, STACK, "4 US dollars", "Glue version 4.0"))


def test_long_scenario_is_announced_with_the_function_s_timeout(capsys: pytest.CaptureFixture[str]) -> None:
    run(SmallCloud("GONE"), "--long", reply="no")
    assert f"times out after {SHORT_FUNCTION_SECONDS} seconds" in " ".join(capsys.readouterr().out.split())


def test_pipeline_is_not_asked_and_a_failed_deployment_exits_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloud = SmallCloud("GONE")
    assert run(cloud, "--yes", "--glue-version", "3.0") == 1
    assert any('"glue_version": "3.0"' in word for word in cloud.deployments[0])
    said = capsys.readouterr().out
    assert "FAILED   prepare" in said
    assert "Everything that was created is deleted." in said
    assert Path("build/account.log").read_text() == "no such CLI"


SIGNALLED = """
import signal, sys
from glue_labels_account.__main__ import main
from small_cloud import SmallCloud

class SignalledCloud(SmallCloud):
    # Whoever closes the terminal or ends the CI job does so during the first deployment, and once more later.
    def _cdk(self, *_):
        signal.raise_signal(int(sys.argv[1]))

    def delete_stack(self, **names):
        signal.raise_signal(int(sys.argv[1]))
        super().delete_stack(**names)

cloud = SignalledCloud("GONE", *["CREATE_IN_PROGRESS"] * 3, *["CREATE_COMPLETE"] * 2, "GONE")
code = main(["--yes"], account_of=lambda *_: cloud.account())
print(cloud.calls)
sys.exit(code)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_that_ends_a_process_first_deletes_the_stack(number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, str(int(number))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "'delete stack'" in done.stdout, done.stderr
    assert "Everything that was created is deleted." in done.stdout
    assert done.returncode == 130


def test_signal_that_nohup_has_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Any] = {signal.SIGHUP: signal.SIG_IGN, signal.SIGTERM: signal.SIG_DFL}
    monkeypatch.setattr(signal, "getsignal", handlers.__getitem__)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    run(SmallCloud("GONE"), reply="no")
    assert handlers[signal.SIGHUP] is signal.SIG_IGN
    assert callable(handlers[signal.SIGTERM])


def test_report_goes_to_stderr_when_nobody_reads_stdout_any_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class ClosedPipe(io.StringIO):
        def write(self, text: str) -> NoReturn:
            raise BrokenPipeError(text)

    cloud = SmallCloud("GONE", *["CREATE_COMPLETE"] * 4, "DELETE_FAILED")

    def ask(_prompt: str) -> str:
        monkeypatch.setattr(sys, "stdout", ClosedPipe())
        return "yes"

    assert main([], account_of=lambda *_: cloud.account(), ask=ask) == 1
    assert "delete stack" in cloud.calls
    assert "NOT DELETED" in capsys.readouterr().err


def test_report_is_shown_although_the_log_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("build").write_text("not a folder")
    run(SmallCloud("GONE"), "--yes")
    said = capsys.readouterr().out
    assert "Everything that was created is deleted." in said
    assert "The output of the CDK CLI could not be written: " in said


def test_account_that_is_not_bootstrapped_is_refused_with_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloud = SmallCloud("GONE", bootstrapped=False)
    assert run(cloud, "--yes") == 1
    assert not cloud.deployments
    assert f"Run cdk bootstrap aws://{ACCOUNT}/{REGION}." in capsys.readouterr().err


def test_stack_that_is_there_already_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = SmallCloud("CREATE_COMPLETE")
    assert run(cloud, "--yes") == 1
    assert not cloud.deployments
    assert not cloud.calls
    assert f"already has a stack {STACK} (CREATE_COMPLETE)" in capsys.readouterr().err


def test_command_does_not_load_the_cdk_because_ctrl_c_would_end_its_node_process() -> None:
    loaded = "import sys, glue_labels_account.__main__; sys.exit('aws_cdk' in sys.modules)"
    subprocess.run([sys.executable, "-c", loaded], check=True)


@pytest.mark.usefixtures("moto")
def test_profile_that_does_not_exist_is_an_error_that_names_it() -> None:
    with pytest.raises(AccountError, match="nobody"):
        Account.from_profile("nobody")


@pytest.mark.usefixtures("moto")
def test_account_without_a_region_is_an_error_that_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    with pytest.raises(AccountError, match="Give --region"):
        Account.from_profile()


@pytest.mark.usefixtures("moto")
@mock_aws
def test_account_is_the_one_of_the_sdk_s_credentials_and_region() -> None:
    account = Account.from_profile()
    assert (account.id, account.region) == (ACCOUNT, REGION)
    assert account.options == f"--region {REGION}"
