"""A session: one trial of a study, built and run again whenever its files change."""

import importlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import mujoco

from mojo import user_code
from mojo.campaign.freezing import existing, freeze, settle
from mojo.errors import MojoError, StudyError, TrialError
from mojo.layout import StudyLayout
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.faults import Broken
from mojo.runtime.manager import Ended, RuntimeManager
from mojo.runtime.warnings import print_warnings
from mojo.sampling.kinds import sampler
from mojo.study.frozen import FrozenStudy
from mojo.study.kinds import Study
from mojo.study.loading import load_study
from mojo.trial.context import Context
from mojo.trial.generate import generate
from mojo.trial.handover import begin_run
from mojo.trial.log import log_traceback
from mojo.trial.preflight import preflight
from mojo.trial.simulate import arguments, load, run
from mojo.trial.surroundings import surroundings
from mojo.view.desktop import Desktop
from mojo.view.marks import Marks
from mojo.view.player import KEYS, Again, Left, Player
from mojo.view.screen import Screen
from mojo.view.web import Web


def view_study(study_file: Path, number: int, speed: float, web: bool, port: int) -> None:
    """Show a trial of a study until who watches has seen enough.

    Args:
        study_file: The study.
        number: The trial.
        speed: Simulated seconds a second.
        web: Whether to show it in a browser even if there is a display.
        port: The port of this machine for the browser.

    Raises:
        StudyError: There is no such file, or no screen at all.
    """
    if not study_file.is_file():
        raise StudyError(f"The study file {study_file} does not exist.")
    if not speed > 0:
        raise StudyError(f"--speed must be above 0, but got {speed:g}.")
    print_warnings()
    sys.dont_write_bytecode = True  # a file that is edited twice within a second must not be taken for its old self
    screen = open_screen(web, port)
    session = Session(study_file, number, speed, screen)
    try:
        with suppress(Left, KeyboardInterrupt):
            while True:
                with suppress(Again):
                    session.play()
                print("again", flush=True)
    finally:
        screen.close()


def open_screen(web: bool, port: int) -> Screen:
    """Open MuJoCo's viewer, or a page for a browser where there is no display."""
    if not web:
        try:
            desktop = Desktop()
        except TrialError as error:
            print(f"{error}\nShowing it in a browser instead.", flush=True)
        else:
            print("\n".join(f"{key:>10}: {meaning}" for key, meaning in KEYS), flush=True)
            return desktop
    page = Web(port)
    print(f"open {page.url}   (Ctrl-C ends it)", flush=True)
    return page


class Session:
    """What stays from one run of the trial to the next.

    Args:
        study_file: The study.
        number: The trial.
        speed: Simulated seconds a second, at first.
        screen: Where it is shown.
    """

    def __init__(self, study_file: Path, number: int, speed: float, screen: Screen) -> None:
        self._file, self._number, self._speed, self._screen = study_file.absolute(), number, speed, screen
        self._frozen: FrozenStudy | None = None
        self._seen: dict[Path, int] = {}
        self._player = Player(screen, self._changed)

    def play(self) -> None:
        """Build and run the trial, and then wait; what goes wrong is printed.

        Raises:
            Left: The window was closed.
            Again: The files have changed, or the trial is to start again.
        """
        self._seen = _times(self._files())
        data: mujoco.MjData | None = None
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mojo-view-")))
            try:
                data = self._run(folder, stack)
            except MojoError as error:
                print(f"mojo: error: {error}", flush=True)
            except Exception as error:  # noqa: BLE001 - whatever the user's code raises is shown, and can be mended
                log_traceback(error)
            self._seen = _times(self._files()) | self._seen  # files that came into view while they were loaded
            self._player.hold(data)

    def _run(self, folder: Path, stack: ExitStack) -> mujoco.MjData:
        forget_modules(self._files())
        self._frozen = frozen = self._freeze()
        forget_modules(self._files())  # what the preflight has generated is no part of this trial
        context = Context(StudyLayout(folder), frozen)
        if context.runtime is not None and is_vectorized(context.runtime):
            raise StudyError(
                "The runtime is @vectorized: it steps many trials at once, and no single one to look at. Film a trial "
                "instead (`films`)."
            )
        trial = context.layout.trial(self._number)
        generate(context, _row(frozen, self._number), trial)
        mojo_model, mj_model, mj_data = load(trial)
        begin_run(trial, mojo_model)
        manager = RuntimeManager(telemetry=trial.telemetry, **arguments(context, mojo_model))
        self._screen.show(mj_model, mj_data, f"{frozen.study.name}, trial {self._number}")
        self._player.begin(manager, Marks(mj_model, manager, mojo_model.proximities))
        if not frozen.study.simulates:
            mujoco.mj_forward(mj_model, mj_data)
            print("This study generates only: there is nothing to run.", flush=True)
            return mj_data
        manager.on_step, manager.playback_speed = self._player, self._speed
        try:
            with surroundings(print), manager, suppress(Ended):
                run(context, mojo_model, manager, mj_model, mj_data)
            by = f", ended by '{manager.ended_by}'" if manager.ended_by else ""
            print(f"trial {self._number}: {manager.steps} steps to t = {mj_data.time:.6g} s{by}", flush=True)
        except Broken as error:
            print(f"trial {self._number}: {error}", flush=True)
        finally:
            self._speed = manager.playback_speed or self._speed
        return mj_data

    def _freeze(self) -> FrozenStudy:
        study = load_study(self._file)
        if study.command is not None:
            raise StudyError(f"{self._file}: its trials are commands, which make no model to show.")
        old = self._frozen or existing(StudyLayout.of(study.name))
        frozen, _ = freeze(settle(study, old), self._file, None, preflight)
        if self._number >= frozen.n_trial:
            raise StudyError(f"Trial {self._number} is not in the study: it has trials 0 to {frozen.n_trial - 1}.")
        return frozen

    def _changed(self) -> bool:
        return _times(list(self._seen)) != self._seen

    def _files(self) -> list[Path]:
        """Return the study file, the files that it names, and the Python files beside the user's."""
        found = {self._file}
        if self._frozen is not None:
            found |= {Path(name) for code in self._frozen.code.values() for name in code.files}
            found |= {Path(name) for name in self._frozen.inputs}
        with suppress(MojoError):
            found |= set(_user_files(load_study(self._file)))
        return sorted(found | {other for path in found if path.suffix == ".py" for other in path.parent.glob("*.py")})


def _user_files(study: Study) -> Iterator[Path]:
    for role in ("generator", "runtime", "objective"):
        reference = getattr(study, role)
        if reference is not None and (name := user_code.split(reference)[0]).endswith(".py"):
            yield Path(name)


def _times(files: list[Path]) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in files if path.is_file()}


def forget_modules(files: list[Path]) -> None:
    """Forget the modules that came from these files, so that they are imported anew."""
    importlib.invalidate_caches()
    names = {str(path) for path in files if path.suffix == ".py"}
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in names and name != "__main__":
            del sys.modules[name]


def _row(frozen: FrozenStudy, number: int) -> dict[str, object]:
    """Return the trial's row of the design."""
    batch = number // frozen.batch_size
    if frozen.study.SEARCHES and batch > 0:
        raise StudyError(
            f"Trial {number} of a search follows from the scores of earlier ones. When it has run, look at it with "
            f"`python -m mojo replay results/{frozen.study.name} {number} --view`."
        )
    rows = sampler(frozen.study.kind).design_rows(frozen, frozen.trials(batch), None)
    return rows.row(rows["trial"].to_list().index(number), named=True)
