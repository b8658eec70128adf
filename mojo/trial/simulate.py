"""Simulate: step one trial from its folder, and leave its telemetry there."""

import contextlib
import platform
import time
from typing import Any

import mujoco

from mojo import digest, files, shared_random
from mojo.errors import ModelError, TrialError, unknown
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.faults import Broken
from mojo.runtime.loads import loads_from
from mojo.runtime.manager import Ended, RuntimeManager, StopCondition
from mojo.runtime.proximity import proximities_from
from mojo.runtime.recorder import recorders_from
from mojo.runtime.watch import left_behind, warned
from mojo.study.base import StudyBase
from mojo.study.provenance import cpu_model
from mojo.trial.checkpoints import checkpoint
from mojo.trial.context import Context
from mojo.trial.fresh import check_own
from mojo.trial.handover import begin_run, hand_over


def fingerprint(context: Context, status: dict[str, Any]) -> str:
    """Return the digest of everything that the run of a generated trial depends on."""
    generated = status["generate"]
    return digest.of_value([context.frozen.digests["simulate"], generated["model_hash"], generated["config_hash"]])


def load(trial: TrialLayout) -> tuple[MojoModel, mujoco.MjModel, mujoco.MjData]:
    """Return the trial's MojoModel, and its model and fresh data, from the files in its folder."""
    mj_model = mujoco.MjModel.from_xml_path(str(trial.model))
    return load_mojo_model(trial), mj_model, mujoco.MjData(mj_model)


def load_mojo_model(trial: TrialLayout) -> MojoModel:
    """Return the trial's MojoModel, whose spec is parsed when somebody asks for it."""
    config = files.read_json(trial.config)
    if config["loads"]:
        shared_random.seed_import(config["seed"])  # the modules of functions that they call may draw
    proximities, recorders = proximities_from(config["proximities"]), recorders_from(config["recorders"])
    return MojoModel.load(config, loads_from(config["loads"]), proximities, trial.model, recorders)


def simulate(context: Context, trial: TrialLayout) -> tuple[str, str | None, dict[str, Any]]:
    """Run one trial.

    Returns:
        Its outcome (success, diverged, invalid or failed), its reason if it is no success, and what status.json says of
        the run.

    Raises:
        TrialError: The user's runtime took no step, or returned something else than the MojoModel or None.
    """
    mojo_model, mj_model, mj_data = load(trial)
    own_files = begin_run(trial, mojo_model)
    ended, films = mojo_model, context.frozen.study.films
    manager = RuntimeManager(
        telemetry=trial.telemetry,
        frames=trial.frames if films.may_pick(trial.number) else None,
        recorders=mojo_model.recorders,
        **arguments(context, mojo_model),
    )
    started, cpu_started = time.perf_counter(), time.process_time()
    broken = None
    try:
        # A runtime that does not ask whether it is over is ended by its next step, as if its loop had ended there.
        own = checkpoint(context.frozen.study, trial, mojo_model, trial.checkpoint)
        with own, manager, contextlib.suppress(Ended):
            ended = run(context, mojo_model, manager, mj_model, mj_data)
        mojo_model.check_spec_unchanged()
    except Broken as error:
        broken = error
    broken = manager.fault or broken or left_behind(mj_model, mj_data, context.frozen.study.allow_warnings)
    if manager.steps == 0 and not manager.stopped and broken is None:
        raise TrialError("The runtime took no step: call runtime_manager.step(mj_model, mj_data) in its loop.")
    seconds = {"wall_seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu_started}
    details = _told(manager, mj_data) | seconds | hand_over(trial, mojo_model, ended, own_files)
    if broken is not None:
        return broken.outcome, str(broken), details
    if manager.failure:
        return "failed", f"The runtime ended it at t = {mj_data.time:.6g} s: {manager.ended_by}", details
    return "success", None, details


def _told(manager: RuntimeManager, mj_data: mujoco.MjData) -> dict[str, Any]:
    """Return what status.json says of a run by itself."""
    return {
        "steps": manager.steps,
        "simulated_seconds": manager.simulated,
        "ended_by": manager.ended_by,
        "ended_at": None if manager.ended_by is None else mj_data.time,
        "warnings": manager.warnings | warned(mj_data, manager.warnings),
        "solver_at_cap": manager.solver_at_cap,
        "posts": manager.signals.counts,
        "dropped_posts": manager.signals.dropped,
        "engine": "loop",
        "host": platform.node(),
        "cpu_model": cpu_model(),
    }


def arguments(context: Context, mojo_model: MojoModel) -> dict[str, Any]:
    """Return the arguments of a RuntimeManager that follow from the study and the trial's MojoModel."""
    return {
        "loads": mojo_model.loads,
        "signals": signals(context.frozen.study, mojo_model),
        "record_decimation": context.frozen.study.record_decimation,
        "proximities": mojo_model.proximities,
        "conditions": stop_conditions(context.frozen.study),
        "rng": mojo_model.rng,
        "allow_warnings": context.frozen.study.allow_warnings,
    }


def signals(study: StudyBase, mojo_model: MojoModel) -> list[str]:
    """Return what is recorded of a trial: what the study asks for, as it is now, and what the generator does."""
    return list(dict.fromkeys([*study.signals, *mojo_model.signals]))


def stop_conditions(study: StudyBase) -> list[StopCondition]:
    """Return what ends a trial of the study early."""
    return [
        StopCondition(
            name=name,
            signal=asked.signal,
            when="inside" if asked.over == "end" else "outside",
            min=asked.min,
            max=asked.max,
            hold=asked.hold,
        )
        for name, asked in study.ends_trials().items()
    ]


def run(
    context: Context, mojo_model: MojoModel, manager: RuntimeManager, mj_model: mujoco.MjModel, mj_data: mujoco.MjData
) -> MojoModel:
    """Step the trial with the user's runtime, or with the built-in one for the study's duration."""
    study, runtime = context.frozen.study, context.runtime
    mojo_model.begin_stage("simulate")
    if study.keyframe is not None:
        mujoco.mj_resetDataKeyframe(mj_model, mj_data, keyframe_id(mj_model, study.keyframe))
    if runtime is None:
        assert study.duration is not None
        manager.run(mj_model, mj_data, study.duration)
        return mojo_model
    returned = runtime(mojo_model, manager, mj_model, mj_data, *study.run_args, **study.run_kwargs)
    if returned is not None and not isinstance(returned, MojoModel):
        raise TrialError(f"The runtime must return the MojoModel or nothing, but returned {type(returned).__name__}.")
    if returned is not None:
        check_own(returned, mojo_model, "The runtime")
    return returned or mojo_model


def keyframe_id(mj_model: mujoco.MjModel, name: str) -> int:
    """Return the id of the keyframe at which trials start.

    Raises:
        ModelError: It is not in the model.
    """
    found = mujoco.mj_name2id(mj_model, mujoco.mjtObj.mjOBJ_KEY, name)
    if found < 0:
        raise ModelError(unknown("Keyframe", name, [mj_model.key(index).name for index in range(mj_model.nkey)]))
    return found
