"""Exact: the signed distance of two surfaces that stand somewhere, and the points where they come closest."""

import numpy as np

from mojo.runtime.solids import common_point
from mojo.runtime.triangles import Place, Surface

Measured = tuple[float, np.ndarray, np.ndarray]  # distance [m], point of a, point of b


def signed_distance(a: Surface, place_a: Place, b: Surface, place_b: Place) -> Measured:
    """Return the signed distance of two surfaces, and their points that are closest.

    Positive: how far they are apart. 0: they touch or cross; both points are then one that they share. Negative: one
    lies wholly inside the other; how far their surfaces are apart. It is continuous in the places.
    """
    distance, near_a, near_b = _cores(a, place_a, b, place_b)
    around = a.radius + b.radius
    if distance >= around and distance > 0:
        away = (near_b - near_a) / distance
        sign = -1.0 if a.holds(near_b, place_a) or b.holds(near_a, place_b) else 1.0
        return sign * (distance - around), near_a + a.radius * away, near_b - b.radius * away
    inside = _inside(a, place_a, b, place_b)
    if inside is not None:
        return inside
    inside = _inside(b, place_b, a, place_a)
    if inside is not None:
        return inside[0], inside[2], inside[1]
    shared = near_b if a.radius > 0 else near_a  # of what has no radius, so that it lies on that surface
    return 0.0, shared, shared


def _cores(a: Surface, place_a: Place, b: Surface, place_b: Place) -> Measured:
    """Return the distance of the cores, 0 where they cross, and their nearest points, or one that they share."""
    import fcl

    if _is_smooth(a):  # FCL gives the mesh's point first, whichever comes first
        distance, near_b, near_a = _cores(b, place_b, a, place_a)
        return distance, near_a, near_b
    one, other = (
        fcl.CollisionObject(surface.core, fcl.Transform(rotation, position))
        for surface, (position, rotation) in ((a, place_a), (b, place_b))
    )
    # without its sign FCL leaves the points of a cylinder or an ellipsoid that overlaps unset
    request = fcl.DistanceRequest(enable_nearest_points=True, enable_signed_distance=_is_smooth(b))
    result = fcl.DistanceResult()
    distance = fcl.distance(one, other, request, result)
    if distance > 0 or _is_smooth(b):
        return max(distance, 0.0), *result.nearest_points
    contacts = fcl.CollisionResult()
    fcl.collide(one, other, fcl.CollisionRequest(num_max_contacts=1, enable_contact=True), contacts)
    if not contacts.contacts:  # they touch in a point, and rounding parts them
        return 0.0, *result.nearest_points
    contact = contacts.contacts[0]
    shared = common_point(_face(a, contact.b1, place_a), _face(b, contact.b2, place_b))
    point = contact.pos if shared is None else shared
    return 0.0, point, point


def _is_smooth(surface: Surface) -> bool:
    return surface.faces is None and surface.radius == 0.0 and len(surface.corners) > 3


def _face(surface: Surface, index: int, place: Place) -> np.ndarray:
    face = surface.corners if surface.faces is None else surface.faces[index]
    return face @ place[1].T + place[0]


def _inside(outer: Surface, outer_place: Place, inner: Surface, inner_place: Place) -> Measured | None:
    """Return the measure where the inner surface, of triangles, lies wholly inside of the outer one, which is round."""
    if outer.solid is None or inner.faces is None:
        return None
    (position, rotation), (inner_position, inner_rotation) = outer_place, inner_place
    corners = (inner.corners @ inner_rotation.T + inner_position - position) @ rotation
    depths = outer.solid.depth(corners)
    least = int(
        np.argmin(depths)
    )  # a round solid is convex: the corner that is nearest to its surface is nearest of all
    if depths[least] <= 0:
        return None
    nearest = outer.solid.nearest(corners[least])
    return -float(depths[least]), nearest @ rotation.T + position, corners[least] @ rotation.T + position
