"""Recorders: data that is written down and read again; nonsense is refused in words."""

import mujoco
import pytest

from mojo.errors import ModelError
from mojo.runtime.drawing import ArrowConfig
from mojo.runtime.recorder import Recorder, Trigger, check_recorders, recorders_from

MODEL = mujoco.MjModel.from_xml_string(
    '<mujoco><worldbody><camera name="side"/><camera name="top"/><geom size="1"/></worldbody></mujoco>'
)


def test_a_recorder_comes_back_as_it_was_written():
    recorder = Recorder(
        name="hit",
        camera=["side", "top"],
        size=(320, 240),
        trigger=Trigger(signal="Sensors/shock:z", above=20),
        forces=ArrowConfig(scale=0.1, colours={"engine": (1, 0, 0, 1)}),
        snapshots=[0.5],
    )
    assert recorders_from([recorder.model_dump(mode="json")]) == [recorder]


def test_where_there_are_none_one_sees_all_that_moves():
    assert recorders_from([]) == [Recorder()]
    assert Recorder().cameras == [None]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "a/b"}, "name: String should match pattern"),
        ({"size": (639, 480)}, "size.0: Input should be a multiple of 2"),
        ({"size": (640, 100_000)}, "size.1: Input should be less than or equal to 4096"),
        ({"fps": -1}, "fps: Input should be greater than 0"),
        ({"format": "gif", "fps": 60}, "a gif has at most 50 frames a second, but got fps = 60"),
        ({"format": None}, "without a `format` there must be `snapshots`"),
        ({"camera": []}, "camera must name at least one"),
        ({"label": "{trail}"}, "mentions 'trail'"),
        ({"colour": 1}, "colour: is not a field"),
        ({"forces": {"scale": 0}}, "ArrowConfig: scale: Input should be greater than 0"),
    ],
)
def test_nonsense_is_refused(fields, message):
    with pytest.raises(ModelError) as caught:
        Recorder(**fields)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": 1, "stop": 1}, "start < stop must hold, but got start = 1 s, stop = 1 s"),
        ({"above": 1}, "`above` and `below` need the `signal`"),
        ({"signal": "x"}, "either `above` or `below`"),
        ({"signal": "x", "above": 1, "below": 2}, "either `above` or `below`"),
        ({"signal": "x", "above": 1, "start": 2}, "no `start` or `stop`"),
    ],
)
def test_a_trigger_is_either_times_or_an_event(fields, message):
    with pytest.raises(ModelError) as caught:
        Trigger(**fields)
    assert message in str(caught.value)


def test_what_the_model_does_not_have_is_named_with_what_it_has():
    check_recorders(MODEL, [Recorder(camera=["side", "top"])])
    with pytest.raises(ModelError, match=r"Recorder 'film': Camera 'sied' .* Did you mean 'side'\? It has: side, top"):
        check_recorders(MODEL, [Recorder(camera="sied")])
    with pytest.raises(ModelError, match="several are called 'film'"):
        check_recorders(MODEL, [Recorder(), Recorder()])
    event = Recorder(trigger=Trigger(signal="Sensors/shok", above=1))
    with pytest.raises(ModelError, match=r"Signal 'Sensors/shok' .* Did you mean 'Sensors/shock'"):
        check_recorders(MODEL, [event], ["time", "Sensors/shock"])
