"""The player does what who watches wishes, and lets no code of the user's keep it from that."""

from queue import SimpleQueue

import mujoco
import pytest

from mojo.runtime.manager import RuntimeManager
from mojo.view.marks import Marks
from mojo.view.player import Again, Left, Player

MODEL = mujoco.MjModel.from_xml_string(
    "<mujoco><option timestep='0.001'/><worldbody><body><freejoint/><geom size='.1'/></body></worldbody></mujoco>"
)


class Pictures:
    """A screen that keeps the instants of its pictures; after each, one more of the wishes that it was given comes."""

    def __init__(self, *wishes):
        self.wishes, self.times, self._script = SimpleQueue(), [], list(wishes)

    def show(self, model, data, title):
        pass

    def draw(self, data, arrows, lines):
        self.times.append(data.time)
        if self._script:
            wish = self._script.pop(0)
            if wish == "close":
                self.times.append("closed")
            elif wish:
                self.wishes.put(wish)

    def is_open(self):
        return "closed" not in self.times

    def close(self):
        pass


def play(screen, duration=0.05, **more):
    data = mujoco.MjData(MODEL)
    manager = RuntimeManager(playback_speed=1.0)
    manager.on_step = player = Player(screen, **more)
    player.begin(manager, Marks(MODEL, manager, []))
    with manager:
        manager.run(MODEL, data, duration)
    return manager


def test_a_run_is_shown_from_its_first_step_but_not_at_every_step():
    screen = Pictures()
    play(screen)
    assert screen.times[0] == 0.001
    assert 1 < len(screen.times) < 25  # 50 steps, a picture every 1/60 s
    assert screen.times == sorted(screen.times)


def test_a_pause_shows_the_same_instant_until_it_is_over():
    screen = Pictures("pause", "", "", "pause")
    play(screen)
    assert screen.times[:4] == [0.001] * 4
    assert screen.times[4] > 0.001


def test_one_step_is_taken_while_it_pauses():
    screen = Pictures("pause", "", "step", "", "step", "pause")
    play(screen)
    instants = list(dict.fromkeys(screen.times))
    assert instants[:3] == pytest.approx([0.001, 0.002, 0.003])


def test_the_speed_is_doubled_and_halved():
    assert play(Pictures("faster", "faster", "slower"), duration=1.0).playback_speed == 2.0


def test_closing_the_window_and_asking_for_more_pass_by_the_users_handlers():
    for wish, signal in (("close", Left), ("again", Again)):
        assert not issubclass(signal, Exception)
        with pytest.raises(signal):
            play(Pictures("", wish), duration=1.0)


def test_a_change_of_the_files_ends_the_run():
    looks = iter([False, True])
    with pytest.raises(Again):
        play(Pictures(), duration=2.0, changed=lambda: next(looks))


def test_the_last_picture_is_held_until_there_is_a_wish():
    screen = Pictures("", "", "again")
    with pytest.raises(Again):
        Player(screen).hold(mujoco.MjData(MODEL))
    assert len(screen.times) == 3
