"""Solids: what lies inside of a round body, or inside of closed triangles."""

from dataclasses import dataclass

import numpy as np

_TINY = 1e-300


@dataclass(frozen=True)
class Round:
    """A sphere, capsule or cylinder around the z axis of its frame.

    Attributes:
        radius: Its radius [m].
        half: Half of the length of its axis [m]; 0 for a sphere.
        has_caps: Whether it ends in half spheres beyond that.
    """

    radius: float
    half: float
    has_caps: bool = True

    def depth(self, points: np.ndarray) -> np.ndarray:
        """Return how deep points of shape (n, 3) lie inside, below 0 where they lie outside, shape (n,) [m]."""
        x, y, z = points.T
        beyond = np.maximum(np.abs(z) - self.half, 0.0)
        if self.has_caps:
            return self.radius - np.sqrt(x * x + y * y + beyond * beyond)
        return np.minimum(self.radius - np.sqrt(x * x + y * y), self.half - np.abs(z))

    def nearest(self, point: np.ndarray) -> np.ndarray:
        """Return the point of the surface that is nearest to a point inside, shape (3,) [m]."""
        x, y, z = point
        across = np.sqrt(x * x + y * y)
        if not self.has_caps and self.half - abs(z) < self.radius - across:
            return np.array([x, y, np.copysign(self.half, z)])
        axis = np.array([0.0, 0.0, min(max(z, -self.half), self.half)])
        away = point - axis
        length = np.sqrt(away @ away)
        return axis + (self.radius * away / length if length > _TINY else np.array([self.radius, 0.0, 0.0]))


def winds_around(faces: np.ndarray, point: np.ndarray) -> bool:
    """Return whether closed triangles have a point inside: whether they wind around it.

    The solid angles of all triangles, seen from the point, sum up to 4π times the winding number:
    tan(Ω/2) = a · (b × c) / (|a||b||c| + (a · b)|c| + (b · c)|a| + (c · a)|b|).

    Args:
        faces: Corners of the triangles [m], shape (n, 3, 3).
        point: The point [m], shape (3,).

    Source:
        A. van Oosterom and J. Strackee, The solid angle of a plane triangle, IEEE Trans. Biomed. Eng. 30, 1983.
    """
    a, b, c = np.moveaxis(faces - point, 1, 0)
    la, lb, lc = (np.sqrt((side * side).sum(axis=1)) for side in (a, b, c))
    volume = (a * np.cross(b, c)).sum(axis=1)
    rest = la * lb * lc + (a * b).sum(axis=1) * lc + (b * c).sum(axis=1) * la + (c * a).sum(axis=1) * lb
    return abs(float(np.arctan2(volume, rest).sum())) > np.pi  # 2π a turn, since these are half the angles


def common_point(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Return a point that two triangles share, each of shape (3, 3) [m]; None where rounding finds none."""
    for triangle, other in ((first, second), (second, first)):
        for start, end in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
            found = _crossing(start, end, other)
            if found is not None:
                return found
    return None


def _crossing(start: np.ndarray, end: np.ndarray, triangle: np.ndarray) -> np.ndarray | None:
    """Return where a segment goes through a triangle."""
    a, b, c = triangle
    normal = np.cross(b - a, c - a)
    along = float(normal @ (end - start))
    if along == 0.0:
        return None
    share = float(normal @ (a - start)) / along
    if not 0.0 <= share <= 1.0:
        return None
    point = start + share * (end - start)
    sides = [float(normal @ np.cross(q - p, point - p)) for p, q in ((a, b), (b, c), (c, a))]
    slack = -1e-12 * float(normal @ normal)
    return point if min(sides) >= slack else None
