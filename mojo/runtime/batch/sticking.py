"""Karnopp's friction in many simulations side by side."""

from collections.abc import Sequence

import mujoco
import numpy as np

from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.loads.friction_laws import Karnopp
from mojo.runtime.loads.joint_friction import JointFrictionHand
from mojo.runtime.loads.sticking import KarnoppJoints, holding_friction, turns_back

_ACCELERATION_STAGE = int(mujoco.mjtStage.mjSTAGE_ACC)


class BatchSticking:
    """Applies all the Karnopp friction of a batch, after every other load; what it does is told by `Sticking`.

    The acceleration that friction must balance comes from an evaluation of the whole dynamics, since a Batch has
    no smaller part: constraints are solved once more in simulations with a held joint.
    """

    def __init__(self, plant: BatchPlant, hands: Sequence[JointFrictionHand]) -> None:
        self._plant, self._joints = plant, KarnoppJoints(hands)
        bind = plant.batch.bind
        self._velocity, self._smooth, self._warmstart = bind("qvel"), bind("qacc_smooth"), bind("qacc_warmstart")
        self._factors, self._inverses = bind("qLD"), bind("qLDiagInv")
        self._bench = mujoco.MjData(plant.layout)
        self._unit = self._joints.units(plant.layout.nv)
        self._solved = np.empty((plant.batch.nsim, *self._unit.shape))

    def apply(self, time: float) -> None:
        """Brake the joints that move, and hold the others."""
        count = self._plant.batch.nsim
        mobility = self._mobility()
        held = np.zeros((count, len(self._joints.hands)), dtype=bool)
        limits = np.zeros(held.shape)
        for joint, (hand, law) in enumerate(self._joints.hands):
            part = self._joints.parts[joint]
            sticks, limits[:, joint] = self._limit(hand, law, mobility[:, part, part])
            due = np.broadcast_to(hand.is_due(time), count)
            held[:, joint] = due & sticks
            hand.apply_to(due & ~sticks, time)
        if held.any():
            self._hold(held, limits, mobility)

    def _mobility(self) -> np.ndarray:
        """Return the inverse inertia matrix between the joints' dofs, shape (nsim, n, n)."""
        bench = self._bench
        for factors, inverses, solved in zip(self._factors, self._inverses, self._solved, strict=True):
            bench.qLD[:], bench.qLDiagInv[:] = factors, inverses
            mujoco.mj_solveM(self._plant.layout, bench, solved, self._unit)
        return self._solved[:, :, self._joints.dofs]

    def _limit(self, hand: JointFrictionHand, law: Karnopp, mobility: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which simulations the joint is held, and by how much friction at most."""
        speed = hand.speed()
        slow, resistance = speed <= law.stick_speed, law.resistance(speed)
        timestep = self._plant.layout.opt.timestep
        turned = turns_back(speed, resistance, hand.joint.velocity(), mobility, timestep)
        return slow | turned, np.where(slow, law.static, resistance * speed)

    def _hold(self, held: np.ndarray, limits: np.ndarray, mobility: np.ndarray) -> None:
        self._evaluate(np.flatnonzero(held.any(axis=1)))
        wanted = -(self._smooth + self._velocity / self._plant.layout.opt.timestep)
        friction = np.zeros(mobility.shape[:2])
        for pattern in np.unique(held, axis=0):
            if pattern.any():
                alike = np.flatnonzero((held == pattern).all(axis=1))
                joints = np.flatnonzero(pattern)
                there = self._joints.held(tuple(joints.tolist()))
                between = mobility[alike[:, None, None], there.places[:, None], there.places]
                change = wanted[alike[:, None], there.dofs]
                limit = limits[alike[:, None], joints]
                friction[alike[:, None], there.places] = holding_friction(between, change, there.owner, limit)
        for joint, (hand, _) in enumerate(self._joints.hands):
            where = held[:, joint]
            efforts = friction[:, self._joints.parts[joint]].T
            slid = hand.record
            with self._plant.only(where):
                hand.brake(tuple(efforts))
            hand.put([np.where(where, effort, other) for effort, other in zip(efforts, slid, strict=True)])

    def _evaluate(self, ids: np.ndarray) -> None:
        """Evaluate the dynamics under what is applied so far, without a trace in the next step."""
        self._plant.write()
        before = self._warmstart.copy()
        self._plant.batch.forward(ids=ids, stage=_ACCELERATION_STAGE)
        self._warmstart[...] = before
