"""A trial in a folder, simulated for real, and a worker that renders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mujoco
import pytest

from mojo.files import write_json
from mojo.film.gl import BACKENDS, VARIABLE
from mojo.layout import StudyLayout
from mojo.model.mjcf import write_model
from mojo.model.mojo_model import MojoModel
from mojo.runtime.loads import Load, VectorForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.recorder import Recorder
from mojo.study.frozen import FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.pool import WorkerPool
from mojo.trial.simulate import load
from mojo.trial.status import write_stage

# A ball of 1 kg that nothing but loads moves, seen from 3 m: x points right, z up.
BALL = """
<mujoco>
  <option timestep="0.01" gravity="0 0 0"/>
  <worldbody>
    <light pos="0 -3 3" dir="0 1 -1"/>
    <camera name="front" pos="0 -3 0" xyaxes="1 0 0 0 0 1"/>
    <camera name="top" pos="0 0 3" xyaxes="1 0 0 0 1 0"/>
    <body name="ball">
      <freejoint/>
      <geom type="sphere" size="0.1" mass="1" rgba="0.2 0.2 0.8 1"/>
      <site name="center"/>
    </body>
  </worldbody>
</mujoco>
"""
PUSH = VectorForce(name="push", action_site="center", force=(1.0, 0.0, 0.0))
DURATION = 0.5


class SimulatedTrial:
    """Trial 0 of a study, with its frames."""

    def __init__(
        self,
        root: Path,
        recorders: list[Recorder],
        loads: list[Load],
        mjcf: str,
        proximities: list[Any],
        keyframe: int | None = None,
    ) -> None:
        self.layout = StudyLayout(root)
        keys: dict[str, Any] = {"name": "ball", "kind": "monte-carlo", "generator": "ball.py:generate", "seed": 1}
        keys |= {"duration": DURATION, "n_trial": 1, "batch_size": 1, "films": "all"}
        study = MonteCarloStudy.model_validate(keys)
        plain: dict[str, Any] = {key: {} for key in ("code", "inputs", "digests", "units")}
        FrozenStudy(study=study, study_file="", **plain).write(self.layout)
        self.trial = self.layout.trial(0)
        self.mojo_model = MojoModel(mujoco.MjSpec.from_string(mjcf))
        self.mojo_model.loads, self.mojo_model.proximities = list(loads), list(proximities)
        self.show(recorders)
        write_model(self.mojo_model.spec, self.trial.folder, self.layout.assets)
        write_json(self.trial.named_values, [])
        self._simulate(keyframe)

    def show(self, recorders: list[Recorder]) -> None:
        """Give the trial other recorders, as a generator that was edited does."""
        self.mojo_model.recorders = recorders
        write_json(self.trial.config, self.mojo_model.dump())

    def _simulate(self, keyframe: int | None) -> None:
        mojo_model, mj_model, mj_data = load(self.trial)
        if keyframe is not None:
            mujoco.mj_resetDataKeyframe(mj_model, mj_data, keyframe)
        with RuntimeManager(
            telemetry=self.trial.telemetry,
            loads=mojo_model.loads,
            frames=self.trial.frames,
            recorders=mojo_model.recorders,
        ) as manager:
            manager.run(mj_model, mj_data, DURATION)
        for stage, outcome in (("generate", None), ("simulate", None), ("score", "success")):
            write_stage(self.trial, stage, outcome, fingerprint="same")  # type: ignore[arg-type]


@pytest.fixture
def simulated(tmp_path: Path) -> Callable[..., SimulatedTrial]:
    """Returns a trial that was simulated with the recorders given."""

    def make(
        *recorders: Recorder,
        loads: tuple[Load, ...] = (PUSH,),
        mjcf: str = BALL,
        proximities: tuple[Any, ...] = (),
        keyframe: int | None = None,
    ):
        return SimulatedTrial(
            tmp_path / "ball", list(recorders), list(loads), mjcf, list(proximities), keyframe=keyframe
        )

    return make


@pytest.fixture(scope="session")
def film() -> Iterator[Callable[[SimulatedTrial], dict[str, Any]]]:
    """Films a trial in a worker that renders, and returns what was made."""
    pool = WorkerPool(1, environment={VARIABLE: BACKENDS[0]})

    def make(simulated: SimulatedTrial) -> dict[str, Any]:
        return pool.run("mojo.film.make:film_trial", str(simulated.layout.root), 0, timeout=300)

    yield make
    pool.stop()
