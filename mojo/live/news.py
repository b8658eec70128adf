"""News for the pages that are open: one look serves them all, and nobody looks while none is open."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from mojo.live.library import Library
from mojo.live.watch import StudyWatch

SHORTEST_PAUSE = 1.0  # s between two looks
IDLE_SHARE = 50
"""Looking takes at most 1/50 of one core's time, however many trials there are."""
HEARTBEAT = 15.0  # s; without a word, a page that has gone is not noticed


class News:
    """What has changed in the studies of a library.

    Args:
        library: The studies.
        ending: Returns whether the server is about to end, which open pages would keep from doing so.
    """

    def __init__(self, library: Library, ending: Callable[[], bool]) -> None:
        self._library, self._ending = library, ending
        self._watches: dict[str, StudyWatch] = {}
        self._looking = asyncio.Lock()
        self._state, self._next_look = "", 0.0

    async def events(self) -> AsyncIterator[str]:
        """Yield server-sent events: the state of all studies at once, and again whenever it has changed."""
        told, spoken = "", time.monotonic()
        while not self._ending():
            state = await self._latest()
            if state != told:
                told, spoken = state, time.monotonic()
                yield f"event: studies\ndata: {state}\n\n"
            elif time.monotonic() - spoken > HEARTBEAT:
                spoken = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(SHORTEST_PAUSE / 2)

    async def _latest(self) -> str:
        """Return the state as JSON, after a look if it is time for one."""
        async with self._looking:
            if time.monotonic() >= self._next_look:
                self._state, seconds = await asyncio.to_thread(self._look)
                self._next_look = time.monotonic() + max(SHORTEST_PAUSE, IDLE_SHARE * seconds)
            return self._state

    def _look(self) -> tuple[str, float]:
        """Return the state, and the CPU time [s] that it took."""
        started = time.thread_time()
        layouts = {layout.root.name: layout for layout in self._library.studies()}
        check = self._library.check
        self._watches = {name: self._watches.get(name) or StudyWatch(layout, check) for name, layout in layouts.items()}
        states: list[dict[str, Any]] = [watch.look() for watch in self._watches.values()]
        return json.dumps(states, ensure_ascii=False, allow_nan=False), time.thread_time() - started
