"""Recorder: what a film shows of a trial. Films are made after the physics, so a change of one simulates nothing."""

import string
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

import mujoco
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from mojo.errors import ModelError, unknown
from mojo.model import elements
from mojo.runtime.drawing import ArrowConfig, LineConfig
from mojo.runtime.loads.base import Closed, problems

MOST_FRAMES_A_SECOND = 240
PLACES = {"trial": 0, "time": 0.0, "study": "", "name": ""}  # what a label may mention, as an example of each
Instant = Annotated[float, Field(ge=0)]
_Side = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]  # encoders halve the resolution of colours


class Trigger(Closed):
    """Which part of a trial is filmed.

    Either from `start` to `stop`, or around an event: the first instant at which a recorded signal is above or below
    a limit. A trial in which the event does not happen has no film.

    Attributes:
        start: Simulated time [s]; None: the first step.
        stop: Simulated time [s]; None: the end.
        signal: Column of the telemetry, e.g. "Sensors/shock:z".
        above: The event is that the signal exceeds this.
        below: The event is that it falls below this.
        before: Simulated time [s] that is shown before the event.
        after: Simulated time [s] that is shown after it.
    """

    start: Instant | None = None
    stop: Instant | None = None
    signal: str | None = None
    above: float | None = None
    below: float | None = None
    before: Instant = 0.5
    after: Instant = 1.0

    @model_validator(mode="after")
    def _times_or_event(self) -> Self:
        timed = self.start is not None or self.stop is not None
        limits = [limit for limit in (self.above, self.below) if limit is not None]
        if self.signal is None and limits:
            raise ValueError("`above` and `below` need the `signal` that they limit")
        if self.signal is not None and (timed or len(limits) != 1):
            raise ValueError("an event is a `signal` with either `above` or `below`, and no `start` or `stop`")
        if self.start is not None and self.stop is not None and self.start >= self.stop:
            raise ValueError(f"start < stop must hold, but got start = {self.start:g} s, stop = {self.stop:g} s")
        return self


class Recorder(Closed):
    """What a film shows of a trial.

    Attributes:
        name: Its name, which is the film's: trials/<trial>/<name>.mp4.
        camera: A camera of the model, or several, whose pictures stand side by side; None: a free camera that sees
            all that moves.
        size: Width and height of one camera's picture, in pixels; even numbers.
        fps: Frames a second of the film.
        speed: Simulated seconds a second of the film: 0.1 is ten times slower than the clock.
        format: The film's format; None: snapshots only.
        forces: How forces look, of loads and of what code of yours has written to xfrc_applied; None: they are not
            shown.
        torques: How torques of loads look, with two heads; None: they are not shown.
        net_forces: How the sum of all forces that are applied to a body looks, by loads and by code of yours; None: it
            is not shown.
        contacts: Whether contacts and their forces are shown, as in MuJoCo's viewer.
        proximities: How lines of proximities look; None: they are not shown.
        label: What stands in the picture; {trial}, {time}, {study} and {name} are filled in. Empty: nothing.
        trigger: Which part of the trial is filmed; None: all of it.
        snapshots: Simulated times [s] of which there is a picture, trials/<trial>/<name>_<time>.png.
    """

    name: str = Field(default="film", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)
    camera: str | list[str] | None = None
    size: tuple[_Side, _Side] = (640, 480)
    fps: float = Field(default=30.0, gt=0, le=MOST_FRAMES_A_SECOND)
    speed: float = Field(default=1.0, gt=0)
    format: Literal["mp4", "webm", "gif"] | None = "mp4"
    forces: ArrowConfig | None = ArrowConfig()
    torques: ArrowConfig | None = ArrowConfig()
    net_forces: ArrowConfig | None = None
    contacts: bool = False
    proximities: LineConfig | None = LineConfig()
    label: str = "trial {trial}   {time:.2f} s"
    trigger: Trigger | None = None
    snapshots: list[Instant] = Field(default=[])

    @model_validator(mode="after")
    def _label_can_be_filled(self) -> Self:
        fields = [field for _, field, _, _ in string.Formatter().parse(self.label) if field is not None]
        for field in fields:
            if field not in PLACES:
                raise ValueError(f"label may mention {', '.join(PLACES)} in braces, but mentions '{field}'")
        self.label.format(**PLACES)  # a ValueError, where a format is wrong
        return self

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.format is None and not self.snapshots:
            raise ValueError("without a `format` there must be `snapshots`: it would make nothing")
        if isinstance(self.camera, list) and not self.camera:
            raise ValueError("camera must name at least one, or be left out for one that sees all that moves")
        if self.format == "gif" and self.fps > 50:
            raise ValueError(f"a gif has at most 50 frames a second, but got fps = {self.fps:g}")
        return self

    @property
    def cameras(self) -> list[str | None]:
        """The cameras, from left to right; None is the free one."""
        return list(self.camera) if isinstance(self.camera, list) else [self.camera]

    @property
    def interval(self) -> float:
        """Simulated time [s] from one frame to the next."""
        return self.speed / self.fps


_RECORDERS: TypeAdapter[list[Recorder]] = TypeAdapter(list[Recorder])
_DEFAULT = Recorder()


def recorders_from(dumped: Iterable[dict[str, Any]]) -> list[Recorder]:
    """Return the recorders that `recorder.model_dump(mode="json")` gave; the default one where there are none.

    Raises:
        ModelError: A field is missing, wrong or unknown.
    """
    try:
        return _RECORDERS.validate_python(list(dumped)) or [_DEFAULT.model_copy()]
    except ValidationError as error:
        raise ModelError(problems("recorders", error, ())) from error


def check_recorders(model: mujoco.MjModel, recorders: Sequence[Recorder], columns: Iterable[str] | None = None) -> None:
    """Check that the recorders' names differ, and that all that they name is in the model.

    Args:
        model: The model.
        recorders: The recorders.
        columns: The columns of the telemetry; None if they are not known before the run.

    Raises:
        ModelError: They do not, or one is not.
    """
    names = [recorder.name for recorder in recorders]
    known = None if columns is None else list(columns)
    for recorder in recorders:
        if names.count(recorder.name) > 1:
            raise ModelError(f"Recorders must have different names, but several are called '{recorder.name}'.")
        for camera in recorder.cameras:
            if camera is not None and mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, camera) < 0:
                cameras = [name for name in elements.names(model, "Cameras") if not name.startswith("#")]
                raise ModelError(f"Recorder '{recorder.name}': {unknown('Camera', camera, cameras)}")
        signal = recorder.trigger.signal if recorder.trigger else None
        if signal is not None and known is not None and signal not in known:
            raise ModelError(f"Recorder '{recorder.name}': {unknown('Signal', signal, known, 'the telemetry')}")
