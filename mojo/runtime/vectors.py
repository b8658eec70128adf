"""Vectors as triples of components, so that one formula serves one simulation and many.

A component is a float, or an array with any leading axes. Sums are written out, x*x + y*y + z*z: then a trial's
numbers do not depend on how many others stand beside it, and floats and arrays give the same bits.
"""

import math
from typing import Any

import numpy as np

Vector = tuple[Any, Any, Any]
ZERO: Vector = (0.0, 0.0, 0.0)


def split(array: np.ndarray) -> Vector:
    """Return the components of an array of shape (..., 3), each of shape (...); floats for a single vector."""
    if array.ndim == 1:
        x, y, z = array.tolist()
        return x, y, z
    return array[..., 0], array[..., 1], array[..., 2]


def join(vector: Vector) -> np.ndarray:
    """Return the array of shape (..., 3) that has these components; the inverse of `split`."""
    return np.stack(vector, axis=-1)


def subtract(a: Vector, b: Vector) -> Vector:
    """Return a - b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def scale(factor: Any, a: Vector) -> Vector:
    """Return factor·a."""
    return factor * a[0], factor * a[1], factor * a[2]


def dot(a: Vector, b: Vector) -> Any:
    """Return a·b."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def norm(a: Vector) -> Any:
    """Return |a|."""
    square = dot(a, a)
    # math.sqrt and np.sqrt both round correctly, so they agree to the last bit; the first is faster for a float.
    return math.sqrt(square) if isinstance(square, float) else np.sqrt(square)


def rotate(matrix: Any, a: Vector) -> Vector:
    """Return R·a.

    Args:
        matrix: The nine entries of R, row by row, as in MuJoCo's site_xmat.
        a: A vector in the frame whose axes are the columns of R.
    """
    return dot(matrix[0:3], a), dot(matrix[3:6], a), dot(matrix[6:9], a)


def velocity_at(point: Vector, angular: Vector, linear: Vector, origin: Vector) -> Vector:
    """Return the velocity of a body's point, in the world frame.

    v(p) = v_o + ω × (p - o)

    Args:
        point: p, in the world frame [m].
        angular: ω, the first half of the body's cvel [rad/s].
        linear: v_o, the second half of the body's cvel [m/s].
        origin: o, the centre of mass of the body's kinematic tree, subtree_com[body_rootid] [m].

    Returns:
        The velocity [m/s].

    Source:
        MuJoCo manual, "Computation": cvel is com-based, that is, expressed at the subtree's centre of mass.
    """
    wx, wy, wz = angular
    x, y, z = point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]
    return linear[0] + (wy * z - wz * y), linear[1] + (wz * x - wx * z), linear[2] + (wx * y - wy * x)


def torque_at(point: Vector, center: Vector, force: Vector, torque: Vector) -> Vector:
    """Return the torque about a body's centre of mass of a force and a torque at a point.

    T_c = T + (p - c) × F

    Args:
        point: p, where the force acts, in the world frame [m].
        center: c, the body's centre of mass, xipos [m].
        force: F, in the world frame [N].
        torque: T, in the world frame [N·m].

    Returns:
        T_c, in the world frame [N·m].

    Source:
        MuJoCo manual, "xfrc_applied": a force and torque at the body's centre of mass, in the world frame.
    """
    fx, fy, fz = force
    x, y, z = point[0] - center[0], point[1] - center[1], point[2] - center[2]
    return torque[0] + (y * fz - z * fy), torque[1] + (z * fx - x * fz), torque[2] + (x * fy - y * fx)
