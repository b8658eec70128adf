"""The thin hands of the loop engine: they find what loads name, read sites, and add to xfrc_applied."""

import mujoco
import numpy as np

from mojo.errors import ModelError, unknown
from mojo.runtime.vectors import Vector, torque_at, velocity_at


def site_id(model: mujoco.MjModel, name: str) -> int:
    """Return the id of a site.

    Raises:
        ModelError: It is not in the model.
    """
    return _id(model, mujoco.mjtObj.mjOBJ_SITE, "Site", name, model.nsite)


def body_id(model: mujoco.MjModel, name: str) -> int:
    """Return the id of a body.

    Raises:
        ModelError: It is not in the model.
    """
    return _id(model, mujoco.mjtObj.mjOBJ_BODY, "Body", name, model.nbody)


def joint_id(model: mujoco.MjModel, name: str) -> int:
    """Return the id of a joint.

    Raises:
        ModelError: It is not in the model.
    """
    return _id(model, mujoco.mjtObj.mjOBJ_JOINT, "Joint", name, model.njnt)


def actuator_id(model: mujoco.MjModel, name: str) -> int:
    """Return the id of an actuator.

    Raises:
        ModelError: It is not in the model.
    """
    return _id(model, mujoco.mjtObj.mjOBJ_ACTUATOR, "Actuator", name, model.nu)


def _id(model: mujoco.MjModel, kind: mujoco.mjtObj, label: str, name: str, count: int) -> int:
    found = mujoco.mj_name2id(model, kind, name)
    if found < 0:
        names = (mujoco.mj_id2name(model, kind, index) for index in range(count))
        raise ModelError(unknown(label, name, [known for known in names if known]))
    return found


class BodyHand:
    """Adds forces to one body."""

    def __init__(self, data: mujoco.MjData, body: int) -> None:
        # A memoryview adds a float to one entry in a tenth of the time that a NumPy view takes.
        self._applied = memoryview(data.xfrc_applied[body])
        self._center = data.xipos[body]

    def push(self, point: Vector, force: Vector, torque: Vector) -> None:
        """Add `force` [N] and `torque` [N·m], both in the world frame, that act at `point` [m]."""
        tx, ty, tz = torque_at(point, self._center.tolist(), force, torque)
        applied = self._applied
        applied[0] += force[0]
        applied[1] += force[1]
        applied[2] += force[2]
        applied[3] += tx
        applied[4] += ty
        applied[5] += tz


class SiteHand:
    """Reads where one site is and how it moves, in the world frame."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, name: str) -> None:
        site = site_id(model, name)
        body = int(model.site_bodyid[site])
        self.name = name
        self.body = BodyHand(data, body)
        self._position = data.site_xpos[site]
        self._rotation = data.site_xmat[site]
        self._velocity = data.cvel[body]
        self._origin = data.subtree_com[model.body_rootid[body]]

    def position(self) -> Vector:
        """Return the site's position [m]."""
        x, y, z = self._position.tolist()
        return x, y, z

    def velocity(self, position: Vector) -> Vector:
        """Return the site's velocity [m/s], given its `position`."""
        wx, wy, wz, vx, vy, vz = self._velocity.tolist()
        return velocity_at(position, (wx, wy, wz), (vx, vy, vz), self._origin.tolist())

    def rotation(self) -> list[float]:
        """Return the nine entries of the site's rotation matrix, row by row."""
        return self._rotation.tolist()

    def axis(self) -> np.ndarray:
        """Return the site's local x axis in the world frame, shape (3,)."""
        return self._rotation[0:9:3].copy()
