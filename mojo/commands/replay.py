"""python -m mojo replay: run one trial again from its own files."""

import contextlib
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.errors import TrialError
from mojo.layout import StudyLayout, TrialLayout
from mojo.runtime.manager import Diverged, Ended, RuntimeManager
from mojo.runtime.warnings import print_warnings
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.trial.context import Context
from mojo.trial.simulate import load, run, stop_conditions


def replay_trial(results: Path, number: int, view: bool) -> bool:
    """Run a trial again and print whether its telemetry is bit-identical to the recorded one.

    Args:
        results: The study's folder.
        number: The trial.
        view: Whether to show it in MuJoCo's passive viewer, at the pace of a clock.

    Returns:
        Whether the telemetry is identical.

    Raises:
        StudyError: The folder holds no study.
        TrialError: There is no such trial, or it was never simulated.
    """
    mujoco.set_mju_user_warning(lambda warning: print(f"MuJoCo warning: {warning}"))  # else it writes MUJOCO_LOG.TXT
    print_warnings()
    layout = StudyLayout(results)
    frozen = read_frozen(layout)
    trial = _find(layout, frozen, number)
    with tempfile.TemporaryDirectory(prefix="mojo-replay-") as folder:
        telemetry = Path(folder) / trial.telemetry.name
        _simulate(Context(layout, frozen), trial, telemetry, view)
        difference = first_difference(pq.read_table(trial.telemetry), pq.read_table(telemetry))
        rows = pq.read_metadata(telemetry).num_rows
    if difference is None:
        print(f"trial {trial.folder.name}: telemetry is bit-identical ({rows} rows)")
    else:
        print(f"trial {trial.folder.name}: telemetry differs: {difference}")
    return difference is None


def _find(layout: StudyLayout, frozen: FrozenStudy, number: int) -> TrialLayout:
    trial = layout.trial(number)
    if not trial.folder.exists():
        raise TrialError(f"Trial {number} is not in {layout.trials}. The study has trials 0 to {frozen.n_trial - 1}.")
    for path in (trial.model, trial.config, trial.telemetry):
        if not path.exists():
            raise TrialError(f"Trial {number} cannot be replayed: {path} is missing. See {trial.status}.")
    return trial


def _simulate(context: Context, trial: TrialLayout, telemetry: Path, view: bool) -> None:
    mojo_model, mj_model, mj_data = load(trial)
    arguments: dict[str, Any] = {
        "telemetry": telemetry,
        "loads": mojo_model.loads,
        "signals": mojo_model.signals,
        "record_decimation": context.frozen.study.record_decimation,
        "proximities": mojo_model.proximities,
        "conditions": stop_conditions(context.frozen.study),
    }
    with contextlib.ExitStack() as stack:
        manager = RuntimeManager(**arguments)
        if view:
            manager = ViewedManager(stack.enter_context(open_viewer(mj_model, mj_data)), **arguments)
        stack.enter_context(manager)
        with contextlib.suppress(Diverged, Ended):  # its telemetry ends there, as it did the first time
            run(context, mojo_model, manager, mj_model, mj_data)


class ViewedManager(RuntimeManager):
    """A RuntimeManager that shows each step in a viewer, at the pace of a clock."""

    def __init__(self, viewer: Any, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._viewer = viewer
        self._clock: float | None = None

    def step(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        """Step as a RuntimeManager does, show the new state, and wait until its time has come."""
        super().step(mj_model, mj_data)
        if self._clock is None:
            self._clock = time.monotonic() - mj_data.time
        ahead = self._clock + mj_data.time - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        self._viewer.sync()


def open_viewer(mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> Any:
    """Open MuJoCo's passive viewer.

    Raises:
        TrialError: There is no display.
    """
    import glfw
    from mujoco import viewer

    with warnings.catch_warnings(record=True) as caught:
        started = glfw.init()  # where this fails, the viewer would end the process
    if not started:
        reason = caught[-1].message if caught else "GLFW does not start"
        raise TrialError(f"The viewer cannot be opened; is there a display? ({reason}) Leave out --view.")
    try:
        return viewer.launch_passive(mj_model, mj_data)
    except Exception as error:  # GLFW raises what its platform gives it
        raise TrialError(f"The viewer cannot be opened; is there a display? ({error}) Leave out --view.") from error


def first_difference(recorded: pa.Table, again: pa.Table) -> str | None:
    """Return where two telemetries differ first, or None where every bit is the same."""
    if recorded.column_names != again.column_names:
        odd = set(recorded.column_names) ^ set(again.column_names)
        return f"their columns differ: {', '.join(sorted(odd)) or 'in order'}"
    if recorded.num_rows != again.num_rows:
        return f"{recorded.num_rows} rows were recorded, now there are {again.num_rows}"
    for name in recorded.column_names:
        old, new = recorded[name].to_numpy(), again[name].to_numpy()
        differs = np.flatnonzero(old.view(np.int64) != new.view(np.int64))
        if differs.size:
            row = differs[0]
            return f"first in row {row} of {name}: {old[row]!r} was recorded, now it is {new[row]!r}"
    return None
