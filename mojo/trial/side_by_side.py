"""Simulate trials side by side with the batch engine, each from its folder, and leave their telemetry there."""

import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.attributes import SealableList
from mojo.errors import TrialError, one_line
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.batch.draws import no_shared_draws
from mojo.runtime.batch.grouping import layout_key
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.rollout import Rollout, needs_no_python
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.duration import step_count
from mojo.runtime.faults import Broken
from mojo.runtime.loads import check_loads
from mojo.runtime.signals import resolve_signals
from mojo.runtime.telemetry import TelemetryWriter
from mojo.study.provenance import cpu_model
from mojo.trial.context import Context
from mojo.trial.engine import start_time
from mojo.trial.entry import is_retired
from mojo.trial.fresh import check_own
from mojo.trial.handover import begin_run, borrow, hand_over
from mojo.trial.simulate import keyframe_id, load_mojo_model, signals, stop_conditions
from mojo.trial.surroundings import surroundings
from mojo.trial.user_files import UserFiles

_KEPT_NUMBERS = 5_000_000  # that a rollout holds of all its trials together, 40 MB
_MOST_TRIALS = 64  # in a rollout, which is no faster with more
# More trials share the time that Python takes for a step, but past this their data no longer fit into the processor's
# caches: a step of a trial then takes half as long again.
_MOST_STEPPED = 128
_STEPPED_TOGETHER = (
    "a @vectorized runtime steps its trials together. Switch `active` of runtime_manager.loads, and set what differs "
    "between the trials in the generator."
)

Details = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class _Loaded:
    trial: TrialLayout
    mojo_model: MojoModel
    model: mujoco.MjModel
    start: float  # simulated time [s] at which it starts
    own: UserFiles  # the files that its run leaves


def simulate_side_by_side(context: Context, trials: Sequence[TrialLayout]) -> Iterator[tuple[TrialLayout, Details]]:
    """Run trials with the batch engine.

    Yields:
        Each trial that went through without anything out of the ordinary, as soon as it has, and what status.json
        says of its run. Whatever is left must be run by itself, which tells what is the matter with it.
    """
    for group in _groups(_load(context, trials)):
        if is_retired():
            return
        try:
            yield from _simulate(context, group)
        except BaseException as error:  # noqa: BLE001 - its trials are run by themselves, where the error is theirs
            print(f"{len(group)} trials that stood side by side are run one by one: {one_line(error)}")


def _load(context: Context, trials: Iterable[TrialLayout]) -> Iterator[_Loaded]:
    for trial in trials:
        try:
            yield _loaded(context, trial)
        except Exception as error:  # noqa: BLE001 - run by itself, the trial fails with the same error
            print(f"{trial.folder.name} cannot be loaded: {one_line(error)}")


def _loaded(context: Context, trial: TrialLayout, copy: Path | None = None) -> _Loaded:
    """Return a trial that is to run, in its own folder or in a copy in another."""
    model, mojo_model = mujoco.MjModel.from_xml_path(str(trial.model)), load_mojo_model(trial)
    own = begin_run(trial, mojo_model) if copy is None else borrow(trial, mojo_model, copy)
    return _Loaded(trial, mojo_model, model, start_time(context.frozen.study, model), own)


def _groups(loaded: Iterable[_Loaded]) -> list[list[_Loaded]]:
    """Return the trials in groups that may share a batch, and its clock."""
    groups: dict[Any, list[_Loaded]] = {}
    for each in loaded:
        own = each.mojo_model
        key = (layout_key(each.model, own.loads, own.proximities), tuple(own.signals), each.start)
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _simulate(context: Context, group: Sequence[_Loaded]) -> Iterator[tuple[TrialLayout, Details]]:
    own = group[0].mojo_model
    ends = bool(context.frozen.study.ends_trials())
    if context.runtime is not None or ends or not needs_no_python(group[0].model, own.loads, own.proximities):
        for part in even_parts(group, _MOST_STEPPED):
            if is_retired():
                return
            yield from _stepped(context, part)
        return
    chosen = resolve_signals(group[0].model, [], signals(context.frozen.study, own))
    rows = _steps(context, group[0].model) // context.frozen.study.record_decimation + 2
    size = max(1, min(_MOST_TRIALS, _KEPT_NUMBERS // (rows * (1 + len(chosen)))))
    for first in range(0, len(group), size):
        yield from _rolled_out(context, group[first : first + size])


def even_parts(group: Sequence[T], most: int) -> list[Sequence[T]]:
    """Return a group in parts of at most `most`, as few as can be, whose sizes differ by one at most."""
    count = -(-len(group) // most)
    ends = [number * len(group) // count for number in range(count + 1)]
    return [group[first:end] for first, end in pairwise(ends)]


def _steps(context: Context, model: mujoco.MjModel) -> int:
    assert context.frozen.study.duration is not None
    return step_count(model, context.frozen.study.duration)


def _rolled_out(context: Context, group: Sequence[_Loaded]) -> Iterator[tuple[TrialLayout, Details]]:
    clock = _Clock(len(group))
    models, first = [each.model for each in group], group[0]
    chosen = resolve_signals(first.model, [], signals(context.frozen.study, first.mojo_model))
    rollout = Rollout(
        models, _batch(context, models, False), chosen, _writers(group), context.frozen.study.record_decimation
    )
    steps = _steps(context, first.model)
    rollout.run(steps)
    for number in np.flatnonzero(~rollout.suspects).tolist():
        ran = {"steps": steps, "warnings": {}, "solver_at_cap": int(rollout.solver_at_cap[number])}
        simulated = float(rollout.batch.time[number]) - group[number].start
        yield group[number].trial, ran | {"simulated_seconds": simulated} | clock.details()


def _stepped(context: Context, group: Sequence[_Loaded]) -> Iterator[tuple[TrialLayout, Details]]:
    clock = _Clock(len(group))
    manager = _manager(context, group, _writers(group))
    with surroundings(print):
        ended = _run(context, group, manager)
        manager.finish()
    for number in np.flatnonzero(~manager.simulation.plant.suspects).tolist():
        each = group[number]
        handed = {} if context.runtime is None else hand_over(each.trial, each.mojo_model, ended[number], each.own)
        yield each.trial, _told(manager, number) | clock.details() | handed


def _told(manager: BatchRuntimeManager, number: int) -> Details:
    simulation = manager.simulation
    ending = simulation.endings.get(number)
    return {
        "steps": ending.steps if ending else simulation.steps,
        "simulated_seconds": ending.simulated if ending else simulation.simulated,
        "ended_by": ending.by if ending else None,
        "ended_at": ending.at if ending else None,
        "warnings": simulation.watch.warnings(number),
        "solver_at_cap": int(simulation.solver_at_cap[number]),
        "posts": manager.signals.counts,
        "dropped_posts": manager.signals.dropped,
    }


def simulate_vectorized(
    context: Context, trial: TrialLayout, telemetry: Path | None = None, frames: Path | None = None
) -> tuple[str, str | None, Details]:
    """Run one trial by itself as a batch of one, with the user's @vectorized runtime or the built-in one.

    Args:
        context: The campaign.
        trial: The trial's files.
        telemetry: The file to write; None for the trial's own.
        frames: The file for the states from which its films are made; None to save none.

    Returns:
        As of `mojo.trial.simulate.simulate`.
    """
    group = [_loaded(context, trial, None if telemetry is None else telemetry.parent)]
    clock, manager = _Clock(1), _manager(context, group, [TelemetryWriter(telemetry or trial.telemetry)], frames)
    ended: Sequence[MojoModel] = [group[0].mojo_model]
    try:
        ended = _run(context, group, manager)
        manager.finish()
    except Broken:
        manager.close()
    except BaseException:
        manager.close()
        raise
    broken = manager.simulation.watch.fault
    told = _told(manager, 0) | clock.details()
    if telemetry is None:
        told |= hand_over(trial, group[0].mojo_model, ended[0], group[0].own)
    return ("success", None, told) if broken is None else (broken.outcome, str(broken), told)


def _manager(
    context: Context, group: Sequence[_Loaded], writers: list[TelemetryWriter], frames: Path | None = None
) -> BatchRuntimeManager:
    for each in group:
        check_loads(each.model, each.mojo_model.loads)
    return BatchRuntimeManager(
        [each.mojo_model.loads for each in group],
        [each.mojo_model.proximities for each in group],
        signals(context.frozen.study, group[0].mojo_model),
        writers,
        context.frozen.study.record_decimation,
        frames,
        group[0].mojo_model.recorders,
        stop_conditions(context.frozen.study),
        [each.mojo_model.rng for each in group],
        context.frozen.study.allow_warnings,
    )


def _run(context: Context, group: Sequence[_Loaded], manager: BatchRuntimeManager) -> Sequence[MojoModel]:
    """Step the trials with the user's @vectorized runtime, or with the built-in one; return their MojoModels.

    Raises:
        TrialError: The user's runtime returned something else than the MojoModels or None.
    """
    mojo_models = [each.mojo_model for each in group]
    study, models = context.frozen.study, SealableList([each.model for each in group], "mj_models")
    batch, runtime = _batch(context, models, persistent=True), context.runtime
    for mojo_model in mojo_models:
        mojo_model.begin_stage("simulate")
        for item in (*mojo_model.loads, *mojo_model.proximities) if runtime is not None else ():
            item.fix(f"by itself, since {_STEPPED_TOGETHER}")
    with no_shared_draws("A function of a load" if runtime is None else "The @vectorized runtime"):
        if runtime is None:
            manager.run(models, batch, _steps(context, models[0]))
            return mojo_models
        step_all: Any = runtime
        returned = step_all(mojo_models, manager, models, batch, *study.run_args, **study.run_kwargs)
    for mojo_model in mojo_models:
        mojo_model.check_spec_unchanged()
    if returned is None:
        return mojo_models
    if not isinstance(returned, list | tuple) or not all(isinstance(one, MojoModel) for one in returned):
        kind = type(returned).__name__
        raise TrialError(f"A @vectorized runtime must return the list of MojoModels or nothing, but returned a {kind}.")
    if len(returned) != len(group):
        raise TrialError(f"The runtime was given {len(group)} MojoModels, but returned {len(returned)} of them.")
    for one, given in zip(returned, mojo_models, strict=True):
        check_own(one, given, "The @vectorized runtime")
    return returned


def _batch(context: Context, models: Sequence[mujoco.MjModel], persistent: bool) -> Batch:
    """Return a batch at the state from which the study's trials start."""
    keyframe = context.frozen.study.keyframe
    return new_batch(models, persistent, -1 if keyframe is None else keyframe_id(models[0], keyframe))


def _writers(group: Sequence[_Loaded]) -> list[TelemetryWriter]:
    return [TelemetryWriter(each.trial.telemetry) for each in group]


class _Clock:
    """What the trials of a batch have in common: their shares of its time, and the machine."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._started = time.perf_counter(), time.process_time()

    def details(self) -> Details:
        wall, cpu = time.perf_counter() - self._started[0], time.process_time() - self._started[1]
        return {
            "wall_seconds": wall / self._count,
            "cpu_seconds": cpu / self._count,
            "engine": "batch",
            "host": platform.node(),
            "cpu_model": cpu_model(),
            "named": [],
        }
