"""Proximity: how far two parts of a model are apart, and where they come closest."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mojo.runtime.loads.base import Closed, Record

KINDS = {"geom": "Geoms", "body": "Bodies", "site": "Sites"}  # the category of each kind of part
XYZ = ("x", "y", "z")
RECORDS = (
    Record("distance", (), ("m",), "", "distance of a and b; negative: they overlap"),
    Record("from", XYZ, ("m",) * 3, "world", "point of a that is closest to b; nan beyond max_distance"),
    Record("to", XYZ, ("m",) * 3, "world", "point of b that is closest to a; nan beyond max_distance"),
)
WIDTH = sum(len(record.units) for record in RECORDS)


def _part(given: str) -> str:
    kind, separator, name = given.partition(":")
    if kind not in KINDS or not separator or not name:
        raise ValueError(f"must be geom:<name>, body:<name> or site:<name>, but got '{given}'")
    return given


Part = Annotated[str, AfterValidator(_part)]


class Proximity(Closed):
    """The distance between two parts of a model, and the points where they come closest.

    A geom is measured as the shape that collides, a plane without end. A body counts with all its geoms, also those
    that collide with nothing, but not with its children's. A site is a point.
    The distance is negative where the parts overlap: by how much they would have to be moved apart. With `mesh: exact`
    distances to meshes are those of the surfaces: 0 where they cross, negative where one lies wholly inside the other.

    Attributes:
        name: Its name, under which it is recorded: Proximities/<name>:distance, /from and /to.
        a: A part as "geom:foot", "body:wall" or "site:tip"; "geom:#3" is the geom of that id.
        b: The other part.
        max_distance: Beyond this distance [m] nothing is measured: the distance is recorded as max_distance, the
            points as nan. None for no limit.
        mesh: What a mesh is: its convex hull, as MuJoCo collides it and as it takes microseconds to measure; or exact,
            its triangles, which takes about a millisecond and `pip install python-fcl`.
    """

    name: str = Field(min_length=1)
    a: Part
    b: Part
    max_distance: float | None = Field(None, gt=0)
    mesh: Literal["hull", "exact"] = "hull"

    @model_validator(mode="after")
    def _two_parts(self) -> "Proximity":
        if self.a == self.b:
            raise ValueError(f"a and b must differ, but got '{self.a}' twice")
        return self


def proximities_from(dumped: Iterable[dict[str, Any]]) -> list[Proximity]:
    """Return the proximities that `proximity.model_dump(mode="json")` gave.

    Raises:
        ModelError: A field is missing, wrong or unknown.
    """
    return [Proximity(**fields) for fields in dumped]
