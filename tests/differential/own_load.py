"""A load as a contributor would write it: its force goes through `plant.vector`, and a tape must follow that."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, ClassVar, Literal, Union, get_args

import pytest
from pydantic import Field, TypeAdapter

from mojo.runtime import loads
from mojo.runtime.loads.at_site import AtSite, AtSiteHand
from mojo.runtime.loads.base import Hand, Record, Values
from mojo.runtime.loads.plant import Plant
from mojo.runtime.vectors import norm, scale


class Drag(AtSite):
    """F = -k·|v|·v at the action site."""

    load: Literal["drag"] = "drag"
    drag: float = Field(ge=0.0)

    records: ClassVar[tuple[Record, ...]] = (Record("force", ("x", "y", "z", "m"), ("N",) * 4, "world", "drag"),)

    def bind(self, plant: Plant) -> Hand:
        return DragHand(self, plant)


class DragHand(AtSiteHand):
    """Applies a Drag."""

    load: Drag

    def act(self, time: float) -> Values:
        velocity = self.site.velocity(self.site.position())
        force = self.plant.vector(scale(-self.load.drag * norm(velocity), velocity)[-3:], local=False)
        self.push(force)
        return (force,)

    def told(self, applied: Values) -> Values:
        (force,) = applied
        return force, norm(force)


@contextmanager
def registered() -> Iterator[None]:
    """Let mojo know the load, as if its file stood in mojo/runtime/loads."""
    known = get_args(get_args(loads._AnyLoad)[0])
    every = TypeAdapter(list[Annotated[Union[(*known, Drag)], Field(discriminator="load")]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loads, "_LOADS", every)
        yield
