"""Results folders as a run leaves them half-way, and the live page's server on a port of this machine."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mojo.files import write_json
from mojo.layout import StudyLayout
from mojo.live.library import Library
from mojo.live.serve import link, listen, make_server
from mojo.study.frozen import FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.status import write_stage
from mojo.trial.tables import write_stage_table
from tests.report.fabricated import recording

Answer = tuple[int, dict[str, str], bytes]


class Served:
    """A server, and what it answers to a request that is sent as it stands."""

    def __init__(self, port: int, token: str | None) -> None:
        self.port, self.link = port, link("127.0.0.1", port, token)

    def get(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """Return status, headers and body; `target` is not tidied up on the way, as a browser would."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, target, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def json(self, target: str) -> Any:
        status, _, body = self.get(target)
        assert status == 200, body
        return json.loads(body)


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., StudyLayout]:
    """Return a function that writes a study of 6 trials in batches of 3, of which none has begun."""

    def write(name: str = "drop", n_trial: int = 6) -> StudyLayout:
        return begin_study(tmp_path / "results" / name, n_trial)

    return write


def begin_study(folder: Path, n_trial: int = 6) -> StudyLayout:
    keys = {"name": "drop", "kind": "monte-carlo", "generator": "/code/drop.py:generate", "duration": 1.0, "seed": 1}
    keys |= {"parameters": {"height": {"distribution": "uniform", "low": 0.0, "high": 1.0}}}
    study = MonteCarloStudy.model_validate(keys | {"n_trial": n_trial, "batch_size": 3})
    frozen = FrozenStudy(study=study, study_file="drop.yaml", code={}, inputs={}, digests={}, units={})
    frozen.write(StudyLayout(folder))
    return StudyLayout(folder)


def end_trial(layout: StudyLayout, number: int, outcome: str = "success", error: str | None = None) -> dict[str, Any]:
    """Write what a trial leaves when it has ended, and return its status."""
    trial = layout.trial(number)
    write_stage(trial, "generate", None)
    status = write_stage(trial, "simulate", None if outcome == "success" else outcome, error)
    if outcome == "success":
        pq.write_table(recording(number), trial.telemetry)
        status = write_stage(trial, "score", "success", details={"objective": 1.0})
    return status


def end_batch(layout: StudyLayout, batch: int, statuses: list[dict[str, Any]]) -> None:
    """Write the table of a batch that is done."""
    write_stage_table(layout, "score", batch, statuses)


@contextmanager
def running_server(folder: Path, token: str | None = None) -> Iterator[Served]:
    """Serve a folder until the block ends."""
    listener = listen("127.0.0.1", 0)
    server = make_server(Library.of(folder), "127.0.0.1", listener, token)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Served(listener.getsockname()[1], token)
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return a function that serves a folder until the test ends."""
    with ExitStack() as stack:
        yield lambda folder, token=None: stack.enter_context(running_server(folder, token))


@pytest.fixture
def half(begin: Callable[..., StudyLayout]) -> StudyLayout:
    """A study of which one batch is done, with a failure, and of the other one trial."""
    layout = begin()
    end_batch(
        layout, 0, [end_trial(layout, 0), end_trial(layout, 1, "failed", "ValueError: it broke"), end_trial(layout, 2)]
    )
    end_trial(layout, 3)
    write_json(layout.films, {"trials": {"000002": {"film": {"files": ["film.mp4"], "poster": "film.jpg"}}}})
    layout.report.write_text("<!doctype html><title>report</title><p>The report.")
    return layout
