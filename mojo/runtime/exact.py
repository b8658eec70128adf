"""Exact: the signed distance of two surfaces that stand somewhere, and the points where they come closest."""

from typing import Any

import numpy as np

from mojo.runtime.solids import common_point
from mojo.runtime.triangles import Surface

Measured = tuple[float, np.ndarray, np.ndarray]  # distance [m], point of a, point of b


class Placed:
    """A surface that stands somewhere.

    FCL's object is made once and moved: each one that is made leaves 32 bytes behind.

    Args:
        surface: The surface.
    """

    def __init__(self, surface: Surface) -> None:
        import fcl

        self.surface = surface
        self.position, self.rotation = np.zeros(3), np.eye(3)
        self.polyhedron = None if surface.polyhedron is None else Placed(surface.polyhedron)
        self.object: Any = fcl.CollisionObject(surface.core, fcl.Transform())

    def put(self, position: np.ndarray, rotation: np.ndarray) -> None:
        """Put it at a position (3,) [m], turned by a matrix (3, 3)."""
        import fcl

        self.position, self.rotation = position, rotation
        self.object.setTransform(fcl.Transform(rotation, position))
        if self.polyhedron is not None:
            self.polyhedron.put(position, rotation)

    def local(self, points: np.ndarray) -> np.ndarray:
        """Return points of the world in its own frame, any shape (..., 3)."""
        return (points - self.position) @ self.rotation

    def world(self, points: np.ndarray) -> np.ndarray:
        """Return points of its own frame in the world, any shape (..., 3)."""
        return points @ self.rotation.T + self.position


def signed_distance(a: Placed, b: Placed) -> Measured:
    """Return the signed distance of two surfaces, and their points that are closest.

    Positive: how far they are apart. 0: they touch or cross; both points are then one that they share. Negative: one
    lies wholly inside the other; how far their surfaces are apart. It is continuous in the places.
    """
    distance, near_a, near_b = _cores(a, b)
    radius_a, radius_b = a.surface.radius, b.surface.radius
    around = radius_a + radius_b
    if distance >= around and distance > 0:
        away = (near_b - near_a) / distance
        is_inside = a.surface.holds(a.local(near_b)) or b.surface.holds(b.local(near_a))
        gap = distance - around
        return -gap if is_inside else gap, near_a + radius_a * away, near_b - radius_b * away
    inside = _inside(a, b)
    if inside is not None:
        return inside
    inside = _inside(b, a)
    if inside is not None:
        return inside[0], inside[2], inside[1]
    shared = near_b if radius_a > 0 else near_a  # of what has no radius, so that it lies on that surface
    return 0.0, shared, shared


def _cores(a: Placed, b: Placed) -> Measured:
    """Return the distance of the cores, 0 where they cross, and their nearest points, or one that they share."""
    import fcl

    if a.polyhedron is not None:  # FCL gives the mesh's point first, whichever comes first
        distance, near_b, near_a = _cores(b, a)
        return distance, near_a, near_b
    result = fcl.DistanceResult()
    distance = fcl.distance(a.object, b.object, fcl.DistanceRequest(enable_nearest_points=True), result)
    if distance > 0:
        return distance, *result.nearest_points
    if b.polyhedron is not None:  # FCL's own points of an overlap are of another place, or end the process
        _, shared, _ = _cores(a, b.polyhedron)
        return 0.0, shared, shared
    contacts = fcl.CollisionResult()
    fcl.collide(a.object, b.object, fcl.CollisionRequest(num_max_contacts=1, enable_contact=True), contacts)
    if not contacts.contacts:  # they touch in a point, and rounding parts them
        return 0.0, *result.nearest_points
    contact = contacts.contacts[0]
    shared_point = common_point(a.world(a.surface.face(contact.b1)), b.world(b.surface.face(contact.b2)))
    point = contact.pos if shared_point is None else shared_point
    return 0.0, point, point


def _inside(outer: Placed, inner: Placed) -> Measured | None:
    """Return the measure where the inner surface, of triangles, lies wholly inside of the outer one, which is round."""
    solid = outer.surface.solid
    if solid is None or inner.surface.faces is None:
        return None
    corners = outer.local(inner.world(inner.surface.corners))
    depths = solid.depth(corners)
    least = int(np.argmin(depths))  # a round solid is convex: the corner nearest to its surface is nearest of all
    if depths[least] <= 0:
        return None
    return -float(depths[least]), outer.world(solid.nearest(corners[least])), outer.world(corners[least])
