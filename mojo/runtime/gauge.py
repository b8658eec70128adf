"""Gauge: measures proximities on a model whose geoms and sites are anywhere."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.model.elements import element_id, label
from mojo.runtime.exact import Placed, signed_distance
from mojo.runtime.proximity import KINDS, WIDTH, Proximity
from mojo.runtime.triangles import check_installed, point_surface, surface_of

_PLANE, _MESH = int(mujoco.mjtGeom.mjGEOM_PLANE), int(mujoco.mjtGeom.mjGEOM_MESH)
_NO_ROTATION = np.eye(3)
_EVERYWHERE = 1e10  # m; MuJoCo takes no larger number for a position (mjMAXVAL)
# Of a height field's cells MuJoCo 3.17 looks at the first 50 alone, so its distances are wrong by any amount.
_UNMEASURABLE = {mujoco.mjtGeom.mjGEOM_HFIELD: "height field", mujoco.mjtGeom.mjGEOM_SDF: "signed distance field"}


def check_proximities(model: mujoco.MjModel, proximities: Sequence[Proximity]) -> None:
    """Check that the proximities' names differ, and that everything that they name is in `model` and has a distance.

    Raises:
        ModelError: They do not, or one is not or has none.
    """
    names = [proximity.name for proximity in proximities]
    for proximity in proximities:
        count = names.count(proximity.name)
        if count > 1:
            raise ModelError(f"Proximities must have different names, but {count} are called '{proximity.name}'.")
        if any(isinstance(pair, _Exact) for pair in _measured(model, proximity)):
            try:
                check_installed()
            except ModelError as error:
                raise ModelError(f"Proximity '{proximity.name}': {error}") from error


@dataclass(frozen=True)
class _Point:
    """A site."""

    site: int


@dataclass(frozen=True)
class _Shapes:
    """Geoms."""

    geoms: tuple[int, ...]


def _find(model: mujoco.MjModel, given: str) -> _Point | _Shapes:
    """Return what a part is in the model."""
    kind, _, name = given.partition(":")
    found = element_id(model, KINDS[kind], name)
    if kind == "site":
        return _Point(found)
    geoms = (found,) if kind == "geom" else tuple(int(geom) for geom in np.flatnonzero(model.geom_bodyid == found))
    if not geoms:
        raise ModelError(f"Body '{name}' has no geoms, so it has no distance. Name a site, or a body that has some.")
    for geom in geoms:
        shape = _UNMEASURABLE.get(mujoco.mjtGeom(int(model.geom_type[geom])))
        if shape is not None:
            name = label(model, mujoco.mjtObj.mjOBJ_GEOM, geom)
            raise ModelError(
                f"Geom '{name}' is a {shape}, and MuJoCo computes no right distance to those. Name other geoms."
            )
    return _Shapes(geoms)


@dataclass(frozen=True)
class _Pair:
    """Two geoms, one of which may stand for a site.

    Attributes:
        a: A geom.
        b: Another geom.
        point: The geom of the two, 0 or 1, that is a point at `site`; None where both are what they are.
        site: The site.
    """

    a: int
    b: int
    point: int | None = None
    site: int = -1


@dataclass(frozen=True)
class _Exact:
    """Two geoms, one of them a mesh, whose surfaces are measured; or a mesh and a site, whose geom is None."""

    a: int | None
    b: int | None
    site: int = -1


def _measured(model: mujoco.MjModel, proximity: Proximity) -> Iterator[_Pair | _Exact | tuple[int, int]]:
    """Yield the pairs of geoms whose smallest distance is asked for; two sites for a distance of sites."""
    try:
        a, b = _find(model, proximity.a), _find(model, proximity.b)
        if isinstance(a, _Point) and isinstance(b, _Point):
            yield a.site, b.site
        elif isinstance(a, _Shapes) and isinstance(b, _Shapes):
            yield from (_geoms(model, first, second, proximity.mesh) for first in a.geoms for second in b.geoms)
        elif isinstance(a, _Point) and isinstance(b, _Shapes):
            yield from (_of_site(model, a.site, geom, proximity.mesh, is_first=True) for geom in b.geoms)
        elif isinstance(a, _Shapes) and isinstance(b, _Point):
            yield from (_of_site(model, b.site, geom, proximity.mesh, is_first=False) for geom in a.geoms)
    except ModelError as error:
        raise ModelError(f"Proximity '{proximity.name}': {error}") from error


def _geoms(model: mujoco.MjModel, a: int, b: int, mesh: str) -> _Pair | _Exact:
    if a == b:
        raise ModelError("a and b must have no geom in common.")
    kinds = {int(model.geom_type[a]), int(model.geom_type[b])}
    if kinds == {_PLANE}:
        raise ModelError("Two planes have no distance: they are without end. Name another geom than a plane.")
    # a mesh and its convex hull are alike far from a plane
    return _Exact(a, b) if mesh == "exact" and _MESH in kinds and _PLANE not in kinds else _Pair(a, b)


def _of_site(model: mujoco.MjModel, site: int, geom: int, mesh: str, is_first: bool) -> _Pair | _Exact:
    if mesh == "exact" and model.geom_type[geom] == _MESH:
        return _Exact(None, geom, site) if is_first else _Exact(geom, None, site)
    point = _stand_in(model, geom)
    return _Pair(point, geom, point, site) if is_first else _Pair(geom, point, point, site)


def _placed(model: mujoco.MjModel, geom: int | None) -> Placed:
    return Placed(point_surface() if geom is None else surface_of(model, geom))


def _stand_in(model: mujoco.MjModel, geom: int) -> int:
    """Return a geom other than `geom`, which is to stand for a site in a copy of the model."""
    if model.ngeom < 2:
        raise ModelError(
            "The distance of a site to the only geom of a model cannot be measured. Add a second geom, which may "
            "collide with nothing (contype and conaffinity 0)."
        )
    return 0 if geom != 0 else 1


@dataclass
class _Bench:
    """A model whose geoms are placed by hand, to be measured.

    Attributes:
        model: The model, or a copy of it, one geom of which is a point.
        geoms: Geoms whose places are taken over from the simulation.
        data: Holds the places.
    """

    model: mujoco.MjModel
    geoms: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.data = mujoco.MjData(self.model)

    @classmethod
    def of(cls, model: mujoco.MjModel, point: int | None) -> "_Bench":
        """Return a bench of the model, where the geom `point` is a sphere without extent."""
        if point is None:
            return cls(model)
        twin = copy.copy(model)
        twin.geom_type[point] = mujoco.mjtGeom.mjGEOM_SPHERE
        twin.geom_size[point] = 0.0
        twin.geom_rbound[point] = 0.0
        return cls(twin)


class Gauge:
    """Measures proximities of one model, wherever its geoms and sites are.

    Args:
        model: The compiled model.
        proximities: What to measure; they get along with the model (`check_proximities`).
    """

    def __init__(self, model: mujoco.MjModel, proximities: Sequence[Proximity]) -> None:
        self._limits = [_EVERYWHERE if p.max_distance is None else p.max_distance for p in proximities]
        self._model, self._proximities = model, proximities
        self._segment = np.empty(6)
        self.values = np.empty((len(proximities), WIDTH))
        self._lay_out()

    def _lay_out(self) -> None:
        """Take over the shapes of the model's geoms, as far as they are not read anew in every measurement."""
        model = self._model
        self._measured = [list(_measured(model, proximity)) for proximity in self._proximities]
        pairs = [pair for group in self._measured for pair in group if isinstance(pair, _Pair)]
        self._benches = {point: _Bench.of(model, point) for point in {pair.point for pair in pairs}}
        for pair in pairs:
            self._benches[pair.point].geoms |= {pair.a, pair.b} - {pair.point}
        self._places = [(bench.data, np.array(sorted(bench.geoms))) for bench in self._benches.values()]
        exact = {pair for group in self._measured for pair in group if isinstance(pair, _Exact)}
        if exact:
            check_installed()
        self._placed = {pair: tuple(_placed(model, geom) for geom in (pair.a, pair.b)) for pair in exact}
        has_copies = bool(exact) or any(bench.model is not model for bench in self._benches.values())
        self._shapes = [memoryview(array) for array in (model.geom_type, model.geom_size) if has_copies]
        self._known = [shape.tobytes() for shape in self._shapes]

    def measure(self, geom_xpos: np.ndarray, geom_xmat: np.ndarray, site_xpos: np.ndarray) -> np.ndarray:
        """Return distance, from and to of every proximity.

        Args:
            geom_xpos: Positions of the geoms, as in MjData [m], shape (ngeom, 3).
            geom_xmat: Their rotation matrices, shape (ngeom, 9).
            site_xpos: Positions of the sites [m], shape (nsite, 3).

        Returns:
            Shape (proximities, 7), in the order of RECORDS [m]; the next call overwrites it.
        """
        if self._shapes and [shape.tobytes() for shape in self._shapes] != self._known:  # a runtime has changed them
            self._lay_out()
        for data, geoms in self._places:
            data.geom_xpos[geoms] = geom_xpos[geoms]
            data.geom_xmat[geoms] = geom_xmat[geoms]
        for row, measured, limit in zip(self.values, self._measured, self._limits, strict=True):
            row[0], row[1:] = limit, np.nan
            for pair in measured:
                if isinstance(pair, _Pair):
                    self._closer(row, pair, site_xpos)
                elif isinstance(pair, _Exact):
                    self._exactly(row, pair, geom_xpos, geom_xmat, site_xpos)
                else:
                    self._sites(row, site_xpos[pair[0]], site_xpos[pair[1]])
        return self.values

    def of(self, data: mujoco.MjData) -> np.ndarray:
        """Return what `measure` returns, for a simulation whose kinematics are up to date."""
        return self.measure(data.geom_xpos, data.geom_xmat, data.site_xpos)

    def _closer(self, row: np.ndarray, pair: _Pair, site_xpos: np.ndarray) -> None:
        """Measure a pair, and keep it where it is closer than what `row` holds."""
        bench = self._benches[pair.point]
        if pair.point is not None:
            bench.data.geom_xpos[pair.point] = site_xpos[pair.site]
        reach = max(float(row[0]), 0.0)  # farther pairs are left out early; with a negative one overlaps would be, too
        distance = mujoco.mj_geomDistance(bench.model, bench.data, pair.a, pair.b, reach, self._segment)
        if distance < row[0]:
            row[0], row[1:] = distance, self._segment

    def _exactly(
        self, row: np.ndarray, pair: _Exact, geom_xpos: np.ndarray, geom_xmat: np.ndarray, site_xpos: np.ndarray
    ) -> None:
        """Measure the surfaces of a pair, and keep it where it is closer than what `row` holds."""
        a, b = self._placed[pair]
        for geom, placed in ((pair.a, a), (pair.b, b)):
            if geom is None:
                placed.put(site_xpos[pair.site], _NO_ROTATION)
            else:
                placed.put(geom_xpos[geom], geom_xmat[geom].reshape(3, 3))
        apart = a.position - b.position
        if np.sqrt(apart @ apart) - a.surface.reach - b.surface.reach >= max(row[0], 0.0):
            return  # farther than what is known
        distance, near_a, near_b = signed_distance(a, b)
        if distance < row[0]:
            row[0], row[1:4], row[4:7] = distance, near_a, near_b

    @staticmethod
    def _sites(row: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
        x, y, z = a - b
        distance = np.sqrt(x * x + y * y + z * z)
        if distance < row[0]:
            row[0], row[1:4], row[4:7] = distance, a, b
