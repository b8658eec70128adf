"""Vectors, written such that one formula serves one simulation and many, to the last bit.

A vector is a triple of components, each a float or an array of any shape; or, where NumPy's time for a call is what
counts, one array of rows. Rows are y, z, x, y, z, each with one entry a simulation: so a cross product takes three
operations on rows that lie side by side, not nine. The last three rows are the vector, and a result that goes into no
further cross product may have no more.

Sums are written out, x*x + y*y + z*z: then a trial's numbers do not depend on how many others stand beside it, and
floats and arrays give the same bits. NumPy's functions do so, too, but not `**`: of floats it is another one than of
arrays, and of those it depends on the processor.
"""

import math
from typing import Any

import numpy as np

Vector = Any  # a triple of components, or rows
ZERO = (0.0, 0.0, 0.0)


def split(array: np.ndarray) -> Vector:
    """Return the components of an array of shape (..., 3), each of shape (...); floats for a single vector."""
    if array.ndim == 1:
        x, y, z = array.tolist()
        return x, y, z
    return array[..., 0], array[..., 1], array[..., 2]


def join(vector: Vector) -> np.ndarray:
    """Return the array of shape (..., 3) that has these components; the inverse of `split`."""
    return np.stack(tuple(vector[-3:]), axis=-1)


def wrap(rows: np.ndarray) -> np.ndarray:
    """Write the first two of the rows y, z, x, y, z, given the others, shape (..., 5, simulations); return them all."""
    rows[..., :2, :] = rows[..., 3:, :]
    return rows


def add(a: Vector, b: Vector) -> Vector:
    """Return a + b."""
    if isinstance(a, tuple):
        return a[0] + b[0], a[1] + b[1], a[2] + b[2]
    return a + b


def subtract(a: Vector, b: Vector) -> Vector:
    """Return a - b."""
    if b is ZERO:
        return a
    if isinstance(a, tuple):
        return a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return a - b


def scale(factor: Any, a: Vector) -> Vector:
    """Return factor·a."""
    if isinstance(a, tuple):
        return factor * a[0], factor * a[1], factor * a[2]
    return factor * a


def divide(a: Vector, divisor: Any) -> Vector:
    """Return a/divisor."""
    if isinstance(a, tuple):
        return a[0] / divisor, a[1] / divisor, a[2] / divisor
    return a / divisor


def dot(a: Vector, b: Vector) -> Any:
    """Return a·b."""
    if isinstance(a, tuple):
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    products = a[-3:] * (0.0 if b is ZERO else b[-3:])
    return products[0] + products[1] + products[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return a × b; of rows, the last three alone."""
    if isinstance(a, tuple):
        (ax, ay, az), (bx, by, bz) = a, b
        return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return a[:3] * b[1:4] - a[1:4] * b[:3]


def norm(a: Vector) -> Any:
    """Return |a|."""
    square = dot(a, a)
    # math.sqrt and np.sqrt both round correctly, so they agree to the last bit; the first is faster for a float.
    return math.sqrt(square) if isinstance(square, float) else np.sqrt(square)


def rotate(matrix: Any, a: Vector) -> Vector:
    """Return R·a.

    Args:
        matrix: The nine entries of R in a tuple, row by row, as in MuJoCo's site_xmat; or the rows of each column of R,
            shape (3, 5, simulations).
        a: A vector in the frame whose axes are the columns of R; or each of its components five times, same shape.
    """
    if isinstance(a, tuple):
        return dot(matrix[0:3], a), dot(matrix[3:6], a), dot(matrix[6:9], a)
    products = matrix * a
    return products[0] + products[1] + products[2]


def velocity_at(point: Vector, angular: Vector, linear: Vector, origin: Vector) -> Vector:
    """Return the velocity of a body's point, in the world frame.

    v(p) = v_o + ω × (p - o)

    Args:
        point: p, in the world frame [m].
        angular: ω, the first half of the body's cvel [rad/s].
        linear: v_o, the second half of the body's cvel [m/s].
        origin: o, the centre of mass of the body's kinematic tree, subtree_com[body_rootid] [m].

    Returns:
        The velocity [m/s]; of rows, the last three alone.

    Source:
        MuJoCo manual, "Computation": cvel is com-based, that is, expressed at the subtree's centre of mass.
    """
    return add(linear, cross(angular, subtract(point, origin)))


def moment(force: Vector, point: Vector, center: Vector) -> Vector:
    """Return the torque about a body's centre of mass of a force at a point.

    T = (p - c) × F

    Args:
        force: F, in the world frame [N].
        point: p, where the force acts, in the world frame [m].
        center: c, the body's centre of mass, xipos [m].

    Returns:
        T, in the world frame [N·m]; of rows, the last three alone.

    Source:
        MuJoCo manual, "xfrc_applied": a force and torque at the body's centre of mass, in the world frame.
    """
    return cross(subtract(point, center), force)
