"""The server's process: MiniStack with Glue's ML transforms, until its parent ends.

`Sandbox` starts it. The first line of its input has its settings, in JSON. The input stays open until the
parent ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .connection import LOOPBACK, SECRET, Connection
from .function_runtime import write_runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from .simulation import Simulation


def main() -> None:
    """Read the settings, serve until the end of input or SIGTERM."""
    settings = json.loads(sys.stdin.readline())
    lifeline, ready = os.dup(0), os.dup(1)
    # The processes that this server starts must not inherit either.
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    directory = Path(settings["directory"])
    threading.Thread(target=_end_with_parent, args=(lifeline, directory), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: _end(directory))
    listener = socket.create_server((LOOPBACK, 0))
    connection = Connection(
        port=listener.getsockname()[1],
        ca=directory / "ca.pem",
        directory=directory,
        account=settings["account"],
        region=settings["region"],
    )
    folder = Path(settings["folder"])
    os.environ.update(_settings(connection, folder))

    def announce() -> None:
        os.write(ready, f"{connection.port}\n".encode())
        os.close(ready)

    _serve(listener, connection, settings["token"], folder, announce)


def _serve(
    listener: socket.socket, connection: Connection, token: str, folder: Path, announce: Callable[[], None]
) -> None:
    # MiniStack reads its settings when it is imported.
    from .ministack_registry import ChangedMiniStackError, check

    try:
        check()
    except ChangedMiniStackError as error:
        sys.exit(str(error))
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from . import (
        ministack_cloudformation,
        ministack_events,
        ministack_iam,
        ministack_lambda,
        ministack_stack_order,
    )
    from .control import Control

    simulation = patch(connection, folder)

    config = Config()
    # MiniStack's own main() would also take port 443, and write its process id under /tmp.
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile = str(connection.directory / "server.pem")
    config.keyfile = str(connection.directory / "server.key")
    config.keep_alive_timeout = 75

    async def serve_forever() -> None:
        functions: tuple[Callable[..., object], ...] = (
            simulation.configure,
            simulation.fail_calls,
            simulation.glue_calls,
            simulation.labels,
            simulation.metrics,
            simulation.plan_runs,
            simulation.runs,
            simulation.runs_of_deleted_transforms,
            simulation.throttle_calls,
            ministack_cloudformation.unknown_resources,
            ministack_events.delay_events,
            ministack_events.fire_rule,
            ministack_iam.delay_iam,
            ministack_lambda.crash_function,
            ministack_lambda.functions_at_work,
            ministack_lambda.invocations,
            ministack_lambda.limit_concurrency,
            ministack_stack_order.revert_policies,
        )
        control = Control(app, token, functions, announce)
        await serve(control, config, shutdown_trigger=asyncio.Event().wait)

    asyncio.run(serve_forever())


def patch(connection: Connection, folder: Path) -> Simulation:
    """Patch MiniStack; return the simulation that serves Glue's ML actions in it.

    Args:
        connection: To this server.
        folder: Of the CDK app.
    """
    from . import (
        glue_ml,
        ministack_cloudformation,
        ministack_custom_resources,
        ministack_events,
        ministack_glue,
        ministack_iam,
        ministack_lambda,
        ministack_stack_order,
        ministack_workers,
    )
    from .simulation import Simulation

    simulation = glue_ml.install(
        Simulation(s3_files=ministack_glue.RoleFiles(connection), catalog=ministack_glue.MiniStackCatalog())
    )
    for part in (
        ministack_glue,
        ministack_events,
        ministack_lambda,
        ministack_workers,
        ministack_cloudformation,
        ministack_iam,  # after the resource types, some of which change roles
        ministack_stack_order,
    ):
        part.install()
    ministack_custom_resources.install(simulation, folder)
    return simulation


def _settings(connection: Connection, folder: Path) -> dict[str, str]:
    directory = connection.directory
    return {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": connection.account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "GATEWAY_PORT": str(connection.port),
        "MINISTACK_ACCOUNT_ID": connection.account,
        "MINISTACK_REGION": connection.region,
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(directory / "server.pem"),
        "MINISTACK_SSL_KEY": str(directory / "server.key"),
        # No other ports, and no files outside the directory.
        "BIND_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(directory / "state"),
        "S3_DATA_DIR": str(directory / "s3"),
        "TMPDIR": str(directory / "tmp"),
        # AWS's default; MiniStack's depends on this machine's memory.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        # With a Docker daemon, MiniStack would remove the containers of any other MiniStack.
        "DOCKER_HOST": f"unix://{directory / 'no-docker.sock'}",
        **connection.trust(),
        # For the functions' interpreters; this process has read its own already.
        **write_runtime(directory, folder),
    }


def _end_with_parent(lifeline: int, directory: Path) -> None:
    while os.read(lifeline, 4096):
        pass
    _end(directory)


def _end(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    # The functions' processes are in the process group that this process leads.
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
