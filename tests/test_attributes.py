"""What is set on one of mojo's objects is known to it, or refused."""

import copy

import mujoco
import pytest

from mojo import MojoModel, NamedValueDict, Proximity, Recorder, RuntimeManager, SignalManager, VectorForce
from mojo.attributes import ClosedAttributes, SealableList, UnknownAttribute
from mojo.errors import ModelError
from mojo.model.mojo_model import Overrides
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch

OBJECTS = [
    MojoModel(),
    RuntimeManager(),
    BatchRuntimeManager([[]], [[]], [], [None]),  # type: ignore[list-item]
    SignalManager(),
    NamedValueDict(),
    Overrides(),
    VectorForce(name="push", action_site="tip", force=(0.0, 0.0, 0.0)),
    Proximity(name="gap", a="geom:a", b="geom:b"),
    Recorder(),
]


@pytest.mark.parametrize("owner", OBJECTS, ids=lambda owner: type(owner).__name__)
def test_an_attribute_that_does_not_exist_cannot_be_set(owner):
    with pytest.raises(ModelError, match=f"^{type(owner).__name__} has no attribute 'colour', so setting it would"):
        owner.colour = "red"
    assert not hasattr(owner, "colour")


@pytest.mark.parametrize("owner", [MojoModel().with_seed(3), copy.copy(MojoModel()), copy.deepcopy(NamedValueDict())])
def test_a_copy_takes_no_more_attributes_than_its_original(owner):
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        owner.colour = "red"


def test_a_batch_takes_the_fields_of_mjdata_and_no_others():
    batch = new_batch([mujoco.MjModel.from_xml_string("<mujoco/>")] * 2, True)
    batch.time = 3.0
    assert list(batch.time) == [3.0, 3.0]
    with pytest.raises(AttributeError, match=r"'xfrc_aplied' is not in a Batch, .* Did you mean 'xfrc_applied'"):
        batch.xfrc_aplied = 1.0


def test_the_message_names_the_nearest_and_what_there_is():
    with pytest.raises(ModelError, match=r"Did you mean 'signals'\? It has: .*loads, .*proximities, .*spec"):
        MojoModel().signal = ["time"]
    with pytest.raises(ModelError, match=r"`named.set\(name, value\)`"):
        MojoModel().named.mass = 1.0


def test_what_is_read_or_called_is_not_set():
    manager = RuntimeManager()
    with pytest.raises(ModelError, match=r"RuntimeManager\.stopped can be read, not set, but got True\. Whether"):
        manager.stopped = True
    with pytest.raises(ModelError, match=r"RuntimeManager\.stop is a method, not to be set, but got True"):
        manager.stop = True
    with pytest.raises(ModelError, match=r"MojoModel\.load is a method, .* Did you mean 'loads'\?"):
        MojoModel().load = []


class Walker(MojoModel):
    """A user's own, with attributes of its own."""

    gait: str
    speed = 1.0

    def __init__(self) -> None:
        self.legs = 4
        super().__init__()
        self.arms = 0


def test_a_subclass_has_the_attributes_that_it_declares_or_begins_with():
    walker = Walker()
    walker.legs, walker.arms, walker.gait, walker.speed = 2, 2, "trot", 3.0
    assert (walker.legs, walker.arms, walker.gait, walker.speed) == (2, 2, "trot", 3.0)
    with pytest.raises(UnknownAttribute, match="Did you mean 'arms'"):
        walker.arm = 3


def test_what_can_be_set_stays_settable():
    manager, model = RuntimeManager(), MojoModel()
    manager.on_step, manager.duration, manager.loads, manager.failure = print, 2.0, [], True
    manager.step = lambda *_: None  # somebody's wrapper, which acts
    model.signals, model.seed = ["time"], 5
    assert (manager.duration, model.seed, ClosedAttributes().__dict__) == (2.0, 5, {"_is_made": True})


def test_a_managers_lists_are_its_own_also_where_they_came_from_sealed_ones():
    """What a MojoModel holds is settled when a runtime gets it; runtime_manager.loads may still be changed."""
    settled = SealableList(["Bodies"], "mojo_model.signals")
    settled.seal("The generator has decided it.")
    signals = SignalManager(settled)
    signals.patterns.append("Sites")
    signals.patterns += ["Geoms"]
    assert (settled, signals.patterns) == (["Bodies"], ["Bodies", "Sites", "Geoms"])
