"""A path beside AWS's own by which the process that started the sandbox reaches the simulation."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import json
from typing import TYPE_CHECKING, Any, Final, Protocol

from .run_plan import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .invocation import Invocation
    from .simulation import Simulation

PREFIX: Final = "/_sandbox/"
RESPONSE_FAULT: Final = "PUT ResponseURL"
"""The action under which the simulation keeps faults of the upload of a custom resource's response."""

TOKEN_HEADER: Final = "x-sandbox-token"  # noqa: S105 - the header's name


class Functions(Protocol):
    """What is controlled of the Lambda functions."""

    def at_work(self) -> list[str]:
        """Return the names of the functions with an invocation in progress, once for each invocation."""

    def crash(self, name: str) -> int:
        """Kill the processes in which a function is at work; return how many."""

    def invocations(self) -> list[Invocation]:
        """Return the invocations that have ended, in the order of their ends."""


class Control:
    """An ASGI application: the control path for whoever has the token, `app` for all the rest."""

    def __init__(
        self,
        app: Any,
        simulation: Simulation,
        token: str,
        fire_rule: Callable[[str], bool],
        functions: Functions,
        settings: Mapping[str, Callable[..., object]],
        on_ready: Callable[[], None],
    ) -> None:
        """Wrap `app`.

        Args:
            app: MiniStack.
            simulation: What is controlled.
            token: What a request must show.
            fire_rule: Has a rule fire now; returns whether there is one of that name.
            functions: The Lambda functions.
            settings: What sets how MiniStack behaves, or says what it has met, by verb.
            on_ready: Called once, when `app` has started up.
        """
        self._app = app
        self._fire_rule = fire_rule
        self._functions = functions
        self._settings = settings
        self._simulation = simulation
        self._token = token
        self._on_ready = on_ready

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._announcing(send))
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _announcing(self, send: Any) -> Any:
        async def announce(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._on_ready()

        return announce

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        token = dict(scope["headers"]).get(TOKEN_HEADER.encode(), b"")
        if not hmac.compare_digest(token, self._token.encode()):
            status, answer = 403, b"{}"
        else:
            # In a thread: to settle a run is to read its label file from this very server.
            verb = scope["path"].removeprefix(PREFIX)
            status, answer = 200, await asyncio.to_thread(self._do, verb, json.loads(body or b"{}"))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _do(self, verb: str, arguments: dict[str, Any]) -> bytes:
        simulation = self._simulation
        result: object = None
        if verb == "plan_runs":
            simulation.plan_runs(*(RunPlan.from_json(plan) for plan in arguments["plans"]))
        elif verb == "default_plan":
            simulation.default_plan = RunPlan.from_json(arguments["plan"])
        elif verb == "concurrent_runs":
            simulation.concurrent_runs = arguments["limit"]
        elif verb == "delay_ready":
            simulation.ready_after_seconds = arguments["seconds"]
        elif verb == "deny_at":
            simulation.denies_at = arguments["when"]
        elif verb == "clock_ahead":
            simulation.clock_ahead = arguments["seconds"]
        elif verb == "fail_calls":
            simulation.fail_calls(**arguments)
        elif verb == "fail_responses":
            simulation.fail_calls(RESPONSE_FAULT, "SlowDown", arguments["times"])
        elif verb == "throttle_calls":
            simulation.throttle_calls(**arguments)
        elif verb == "fire_rule":
            result = self._fire_rule(arguments["name"])
        elif verb == "crash_function":
            result = self._functions.crash(arguments["name"])
        elif verb == "functions_at_work":
            result = self._functions.at_work()
        elif verb == "invocations":
            result = [dataclasses.asdict(invocation) for invocation in self._functions.invocations()]
        elif verb == "glue_calls":
            result = [dataclasses.asdict(call) for call in simulation.calls()]
        elif verb == "labels":
            result = [dataclasses.asdict(row) for row in simulation.labels(**arguments)]
        elif verb == "metrics":
            metrics = simulation.metrics(**arguments)
            result = dataclasses.asdict(metrics) if metrics else None
        elif verb == "runs":
            result = [dataclasses.asdict(run) for run in simulation.runs(**arguments)]
        elif verb == "runs_of_deleted_transforms":
            result = [dataclasses.asdict(run) for run in simulation.runs_of_deleted_transforms()]
        elif verb in self._settings:
            result = self._settings[verb](**arguments)
        else:
            raise ValueError(f"no such verb: {verb}")
        return json.dumps(result, default=lambda moment: moment.isoformat()).encode()
