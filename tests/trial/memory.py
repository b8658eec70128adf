"""How much a worker grows by a trial, by stage, as JSON: `python -m tests.trial.memory FOLDER KIND ENGINE TRIALS`."""

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

MODULE = '''
import mojo
from mojo import JointFriction, PointToPointForce, VectorForce

XML = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <site name="hook" pos="0 0 1"/>
    <body name="mass">
      <joint name="slide" type="slide" axis="0 0 1"/><geom size="0.1" mass="{mass}"/><site name="eye"/>
    </body>
  </worldbody>
</mujoco>
"""


def bare(mojo_model, overrides):
    mojo_model.spec = XML.format(mass=mojo_model["mass"])
    return mojo_model


def loaded(mojo_model, overrides):
    bare(mojo_model, overrides)
    mojo_model.loads = [
        PointToPointForce.ideal_spring("spring", "eye", "hook", stiffness=20.0, damping=0.1, rest_length=0.8),
        VectorForce(name="wind", action_site="eye", force=(lean, 0.0, [(0.0, 0.0), (1.0, 2.0)])),
        JointFriction.viscous("bearing", "slide", viscous=0.1),
    ]
    return mojo_model


def lean(time, model, data):
    return 0.1 * data.qpos[..., 0]


def run(mojo_model, runtime_manager, mj_model, mj_data):
    while mj_data.time < 0.05:
        runtime_manager.signals.post(mj_data.qpos[0], "Control")
        runtime_manager.step(mj_model, mj_data)
    mojo_model.named.set("end", float(mj_data.qpos[0]))
    if mojo_model.checkpoint is not None:
        (mojo_model.checkpoint / "here").touch()


@mojo.vectorized
def run_many(mojo_models, runtime_manager, mj_models, batch):
    while batch.time[0] < 0.05:
        runtime_manager.signals.post(batch.qpos[:, 0], "Control")
        runtime_manager.step(mj_models, batch)


def objective(mojo_model, telemetry, mj_model, mj_data):
    return {"objective": float(mj_data.qpos[0]), "height": float(telemetry["Joints/slide:qpos"].max())}
'''
ENGINES = {
    "loop": {"generator": "module.py:loaded", "runtime": "module.py:run"},
    "rolled out": {"generator": "module.py:bare", "duration": 0.05},
    "stepped": {"generator": "module.py:loaded", "duration": 0.05},
    "vectorized": {"generator": "module.py:loaded", "runtime": "module.py:run_many"},
}
MASS = {"low": 1.0, "high": 2.0}
KINDS = {
    "monte-carlo": {"parameters": {"mass": {"distribution": "uniform", **MASS}}},
    "sweep": {"experiments": [{"name": "only", "values": {"mass": 1.0}}]},
    "optimize": {"variables": {"mass": {"type": "float", **MASS}}, "sampler": "random", "direction": "minimize"},
    "population": {"variables": {"mass": {"type": "float", **MASS}}, "direction": "minimize"},
}
_TOGETHER = 25


def resident() -> int:
    """Return the bytes of memory of this process that are in use, free ones given back."""
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(run: Callable[[list[int]], None], trials: int) -> float:
    """Return by how many bytes a trial the process grows, once caches and allocators have what they keep."""
    first = trials // 3
    for start in range(0, first, _TOGETHER):
        run(list(range(start, min(start + _TOGETHER, first))))
    before = resident()
    for start in range(first, trials, _TOGETHER):
        run(list(range(start, min(start + _TOGETHER, trials))))
    return (resident() - before) / (trials - first)


def main(folder: Path, kind: str, engine: str, trials: int) -> None:
    """Run a study in this process, as a worker does, stage by stage."""
    os.chdir(folder)
    Path("module.py").write_text(MODULE)
    study = (
        {"name": "grows", "kind": kind, "objective": "module.py:objective", "seed": 1} | ENGINES[engine] | KINDS[kind]
    )
    study |= {
        "monte-carlo": {"n_trial": trials},
        "sweep": {"evals_per_trial": trials},
        "optimize": {"n_trial": trials, "batch": trials},
        "population": {"population": trials, "generations": 1},
    }[kind]
    Path("study.yaml").write_text(yaml.safe_dump(study))

    from mojo.campaign.freezing import freeze, settle
    from mojo.layout import StudyLayout
    from mojo.sampling.kinds import sampler
    from mojo.study.loading import load_study
    from mojo.trial.preflight import preflight
    from mojo.trial.worker import run_side_by_side, run_trials

    loaded = load_study(Path("study.yaml"))
    frozen, _ = freeze(settle(loaded, None), Path("study.yaml"), None, preflight)
    layout = StudyLayout(Path("results/grows").absolute())
    layout.root.mkdir(parents=True)
    frozen.write(layout)
    rows = sampler(kind).design_rows(frozen, range(trials), None).to_dicts()
    assert len(rows) == trials
    simulate = run_trials if frozen.engine is None or frozen.engine.name == "loop" else run_side_by_side
    grown = {}
    for stage, function in (("generate", run_trials), ("simulate", simulate), ("score", run_trials)):

        def run(numbers: list[int], stage: str = stage, function: Callable = function) -> None:
            statuses, _ = function(str(layout.root), stage, [rows[number] for number in numbers])
            assert all(status["outcome"] in (None, "success") for status in statuses), statuses

        grown[stage] = growth(run, trials)
    print(json.dumps({"engine": frozen.engine and frozen.engine.name} | grown))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
