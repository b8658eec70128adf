"""Footage: pictures of a trial, as one recorder sees it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import mujoco
import numpy as np
import polars as pl

from mojo.errors import TrialError
from mojo.film.boxes import Boxes
from mojo.film.framing import Framing, FreeCamera
from mojo.film.label import Labels
from mojo.film.painting import Painter
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import Frames
from mojo.runtime.recorder import Recorder, Trigger, check_recorders
from mojo.study.frozen import FrozenStudy
from mojo.trial.status import read_status

_ROUNDING = 1e-6  # of an interval
_SAME = 0.01  # loads that change by less are taken for constant

Picture = Callable[[], np.ndarray]
"""Finishes a picture, and returns it: shape (height, width·cameras, 3)."""


def instants(recorder: Recorder, frames: Frames, trial: TrialLayout) -> np.ndarray:
    """Return the simulated times [s] of the film's frames, ascending; none if its event does not happen.

    They are an interval apart; where the film goes to the end of the run, the last one is that end.

    Raises:
        TrialError: The event's signal is not in the telemetry.
    """
    first, last = float(frames.times[0]), float(frames.times[-1])
    trigger = recorder.trigger
    if trigger is not None and trigger.signal is not None:
        event = event_time(trigger, trial)
        if event is None:
            return np.empty(0)
        first, last = max(first, event - trigger.before), min(last, event + trigger.after)
    elif trigger is not None:
        first = max(first, trigger.start or first)
        last = last if trigger.stop is None else min(last, trigger.stop)
    # the clock is a sum of timesteps, whose rounding must not cost the last frame
    count = int(np.floor((last - first) / recorder.interval + _ROUNDING)) + 1
    times = first + recorder.interval * np.arange(max(0, count))
    is_end = last == frames.times[-1] and len(times) and last - times[-1] > _ROUNDING * recorder.interval
    return np.append(times, last) if is_end else times


def event_time(trigger: Trigger, trial: TrialLayout) -> float | None:
    """Return the first recorded time [s] at which the trigger's event happens, or None if it does not."""
    assert trigger.signal is not None
    if not trial.telemetry.exists():
        raise TrialError(f"the event on '{trigger.signal}' cannot be found: there is no telemetry")
    there = pl.read_parquet_schema(trial.telemetry)
    if trigger.signal not in there:
        raise TrialError(f"the event's signal '{trigger.signal}' is not in the telemetry. Record it with `signals`")
    table = pl.read_parquet(trial.telemetry, columns=["time", trigger.signal])
    values = table[trigger.signal].fill_null(np.nan).to_numpy()
    happens = values > trigger.above if trigger.above is not None else values < trigger.below
    return float(table["time"][int(happens.argmax())]) if happens.any() else None


class Footage:
    """Renders what one recorder sees of a trial.

    Args:
        trial: The trial's files.
        mojo_model: Its MojoModel.
        frozen: The study.
        frames: The frames of its run.
        recorder: The recorder.

    Attributes:
        rendering_seconds: Wall time [s] spent in MuJoCo's renderer, its start included.
    """

    def __init__(
        self, trial: TrialLayout, mojo_model: MojoModel, frozen: FrozenStudy, frames: Frames, recorder: Recorder
    ) -> None:
        self.rendering_seconds = 0.0
        self._recorder, self._frames, self._mojo_model = recorder, frames, mojo_model
        self._trial = trial
        self._words = {"trial": trial.number, "study": frozen.study.name, "name": recorder.name}
        self._model = mujoco.MjModel.from_xml_path(str(trial.model))
        check_recorders(self._model, [recorder])
        self._data = mujoco.MjData(self._model)
        buffer, (width, height) = self._model.vis.global_, recorder.size
        buffer.offwidth, buffer.offheight = max(buffer.offwidth, width), max(buffer.offheight, height)

    def reached(self, instants: Sequence[float]) -> list[float]:
        """Return which instants [s] the run has come to, each of which a frame was asked for, ascending."""
        asked = np.unique(instants)
        return asked[self._frames.have(asked, self._model.opt.timestep)].tolist()

    def telling(self, times: np.ndarray) -> int:
        """Return which of the instants `times` [s] tells most of the film, for its poster.

        That of the event, the last of a trial that ended badly or before its time, the one with the greatest loads if
        they change, or the middle one.
        """
        trigger = self._recorder.trigger
        event = None if trigger is None or trigger.signal is None else event_time(trigger, self._trial)
        if event is not None:
            return int(np.abs(times - event).argmin())
        status = read_status(self._trial)
        if status["outcome"] != "success" or status.get("simulate", {}).get("ended_by"):
            return len(times) - 1
        shown = self._frames.at(times, self._model.opt.timestep)
        kinds = [kind for kind in ("force", "torque") if getattr(self._recorder, f"{kind}s") is not None]
        sizes = [
            np.linalg.norm(load[kind][shown, :3], axis=1)
            for load in self._frames.loads.values()
            for kind in kinds
            if kind in load
        ]
        together = sum((size / size.max() for size in sizes if size.max() > 0), start=np.zeros(len(times)))
        changes = np.ptp(together) > _SAME * together.max()
        return int(together.argmax()) if changes else len(times) // 2

    def pictures(self, times: np.ndarray) -> Iterator[Picture]:
        """Yield the pictures of the instants `times` [s], each as a function, which may be called in another thread.

        It returns the picture, of shape (height, width·cameras, 3).
        """
        shown, places = np.unique(self._frames.at(times, self._model.opt.timestep), return_inverse=True)
        width, height = self._recorder.size
        painter, found = self._survey(shown)
        free = FreeCamera(self._model, found, painter.ends(), width / height)
        labels = Labels(width * len(self._recorder.cameras), height, painter.legend)
        with self._rendering():
            renderer = mujoco.Renderer(self._model, height, width)
        with renderer:
            for place in places.tolist():
                mujoco.mj_setState(self._model, self._data, self._frames.states[shown[place]], SIGNATURE)
                mujoco.mj_forward(self._model, self._data)
                views = [
                    self._view(renderer, free.at(place) if camera is None else camera, painter, place)
                    for camera in self._recorder.cameras
                ]
                yield partial(self._finished, views, labels, self._data.time)

    def _survey(self, shown: np.ndarray) -> tuple[Painter, Framing]:
        """Look through the frames of these numbers for what is to be seen, and how large it is."""
        boxes = Boxes(self._model)
        painter = Painter(self._model, self._mojo_model, self._frames, shown, self._recorder)
        corners = []
        for place, state in enumerate(self._frames.states[shown]):
            mujoco.mj_setState(self._model, self._data, state, SIGNATURE)
            corners.append(boxes.corners(self._data))
            painter.look(self._data, place)
        found = Framing(np.array(corners))
        painter.size(self._data, found.radius)
        return painter, found

    def _finished(self, views: list[np.ndarray], labels: Labels, time: float) -> np.ndarray:
        """Return the views side by side, with what is written on them."""
        picture = views[0] if len(views) == 1 else np.concatenate(views, axis=1)
        labels.write(picture, self._recorder.label.format(time=time, **self._words))
        return picture

    def _view(
        self, renderer: mujoco.Renderer, camera: mujoco.MjvCamera | str, painter: Painter, place: int
    ) -> np.ndarray:
        with self._rendering():
            renderer.update_scene(self._data, camera, painter.option)
        painter.paint(renderer.scene, self._data, place)
        with self._rendering():
            return renderer.render()

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.rendering_seconds += time.perf_counter() - started
