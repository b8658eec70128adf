"""python -m mojo replay: run one trial again from its own files."""

import contextlib
import tempfile
from pathlib import Path

import mujoco
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.errors import TrialError
from mojo.layout import StudyLayout, TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.manager import Diverged, Ended, RuntimeManager, Watcher
from mojo.runtime.warnings import print_warnings
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.trial.checkpoints import checkpoint
from mojo.trial.context import Context
from mojo.trial.side_by_side import simulate_vectorized
from mojo.trial.simulate import arguments, load, run
from mojo.trial.status import read_status
from mojo.trial.tables import read_table
from mojo.view.desktop import Desktop
from mojo.view.marks import Marks
from mojo.view.player import Again, Left, Player


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
        difference = first_difference(read_table(trial.telemetry), read_table(telemetry))
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
    if frozen.study.command is not None:
        raise TrialError(f"Trial {number} is a command, of which nothing was recorded. {trial.status} has its line.")
    for path in (trial.model, trial.config, trial.telemetry):
        if not path.exists():
            raise TrialError(f"Trial {number} cannot be replayed: {path} is missing. See {trial.status}.")
    return trial


def _simulate(context: Context, trial: TrialLayout, telemetry: Path, view: bool) -> None:
    vectorized = context.runtime is not None and is_vectorized(context.runtime)
    if vectorized and view:
        raise TrialError("A @vectorized runtime steps no single trial to look at. Leave out --view, or film it.")
    # NumPy may round what a user's function computes otherwise for arrays than for numbers.
    if vectorized or (not view and read_status(trial).get("simulate", {}).get("engine") == "batch"):
        simulate_vectorized(context, trial, telemetry)
        return
    mojo_model, mj_model, mj_data = load(trial)
    with contextlib.ExitStack() as stack:
        manager = RuntimeManager(telemetry=telemetry, **arguments(context, mojo_model))
        if view:
            screen = stack.enter_context(contextlib.closing(_open_viewer()))
            screen.show(mj_model, mj_data, f"trial {trial.number}")
            manager.on_step, manager.playback_speed = _watcher(manager, screen, mojo_model), 1.0
        own = telemetry.with_name(trial.checkpoint.name)
        stack.enter_context(checkpoint(context.frozen.study, trial, mojo_model, own))
        stack.enter_context(manager)
        with contextlib.suppress(Diverged, Ended):  # its telemetry ends there, as it did the first time
            run(context, mojo_model, manager, mj_model, mj_data)


def _open_viewer() -> Desktop:
    try:
        return Desktop()
    except TrialError as error:
        raise TrialError(f"{error} Leave out --view.") from error


def _watcher(manager: RuntimeManager, screen: Desktop, mojo_model: MojoModel) -> Watcher:
    """Return what shows each step; once the window is closed, the rest runs unseen, as fast as it goes."""
    player = Player(screen)

    def watch(mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        if manager.steps == 1:
            player.begin(manager, Marks(mj_model, manager, mojo_model.proximities))
        try:
            player(mj_model, mj_data)
        except (Left, Again):
            manager.on_step = None

    return watch


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
