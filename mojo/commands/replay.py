"""python -m mojo replay: run one trial again from its own files."""

import contextlib
import tempfile
from pathlib import Path

import mujoco
import polars as pl
import pyarrow.parquet as pq

from mojo.errors import TrialError
from mojo.layout import StudyLayout, TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.manager import RuntimeManager, Watcher
from mojo.runtime.warnings import print_warnings
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.trial.again import first_difference, run_again
from mojo.trial.context import Context
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
        telemetry = _simulate(Context(layout, frozen), trial, Path(folder), view).telemetry
        difference = first_difference(pl.read_parquet(trial.telemetry), pl.read_parquet(telemetry))
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


def _simulate(context: Context, trial: TrialLayout, folder: Path, view: bool) -> TrialLayout:
    if not view:
        return run_again(context, trial, folder)
    if context.runtime is not None and is_vectorized(context.runtime):
        raise TrialError("A @vectorized runtime steps no single trial to look at. Leave out --view, or film it.")
    with contextlib.closing(_open_viewer()) as screen:

        def show(
            manager: RuntimeManager, mojo_model: MojoModel, mj_model: mujoco.MjModel, mj_data: mujoco.MjData
        ) -> None:
            screen.show(mj_model, mj_data, f"trial {trial.number}")
            manager.on_step, manager.playback_speed = _watcher(manager, screen, mojo_model), 1.0

        return run_again(context, trial, folder, prepare=show)


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
