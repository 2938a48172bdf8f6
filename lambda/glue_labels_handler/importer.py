"""Wait for an import, look after look, until its run ends or the invocation does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glue_labels_handler.errors import ImportFailedError
from glue_labels_handler.reasons import explain_unpolled
from glue_labels_handler.task_runs import TaskRun
from glue_labels_handler.waiting import Window, crowding_after, seconds_to_next_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_handler.job import Job
    from glue_labels_handler.looks import Carrier, Looks
    from glue_labels_handler.progress import Progress


class Importer:
    """Imports labels by `looks`, on a clock and sleep that are passed in.

    Args:
        looks: what is done at each look.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
    """

    def __init__(self, looks: Looks, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._looks = looks
        self._clock = clock
        self._sleep = sleep

    def wait(
        self,
        job: Job,
        progress: Progress,
        window: Window,
        carrier: Carrier,
        handed_over: Progress | None = None,
    ) -> TaskRun | None:
        """Look at the import during `window`.

        Args:
            job: what is asked for.
            progress: how far it has come.
            window: when to look; `window.begin` has come.
            carrier: takes the progress over the end of the invocation.
            handed_over: what later invocations carry on from already.

        Returns:
            The run that succeeded; None when the wait was handed over to a later invocation.

        Raises:
            ImportFailedError: it did not succeed and will not.
        """
        crowding = 1.0
        while True:
            step = self._looks.look(job, progress, carrier)
            if isinstance(step, TaskRun):
                carrier.remember(replace(progress, run_id=step.id, done_by=None))
                return step
            progress = step
            carrier.remember(progress)
            now = self._clock()
            is_last = now >= window.end
            # One that waits before it starts is handed over at once: a newer request then finds it.
            early = handed_over is None and (now >= window.hand_over or progress.run_id is None)
            if handed_over != progress and (is_last or early):
                handed_over = progress if carrier.hand_over() else handed_over
            if is_last:
                if handed_over is None:
                    self._looks.abandon(job, progress)
                    raise ImportFailedError(explain_unpolled(job.request, progress), progress.run_id)
                return None
            refused = progress.troubled_since is not None
            crowding = crowding_after(crowding, refused)
            pause = seconds_to_next_look(now - progress.begun, crowding, refused)
            self._sleep(max(0.0, min(pause, window.end - now)))
