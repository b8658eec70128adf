"""Real films, read back: how many frames, what is to be seen in them, and what is made again."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from mojo.runtime.drawing import ArrowConfig, LineConfig
from mojo.runtime.loads import GeneralLoad, VectorForce
from mojo.runtime.proximity import Proximity
from mojo.runtime.recorder import Recorder, Trigger
from mojo.trial.status import write_stage
from tests.film.conftest import BALL

SMALL = (160, 120)
# 45° of 3 m: 120 pixels show 2·3·tan(22.5°) = 2.485 m of the plane that the ball moves in
PIXELS_A_METRE = 120 / (2 * 3 * np.tan(np.radians(22.5)))


def read(path: Path) -> tuple[dict, np.ndarray]:
    """Return what a film says of itself, and its frames, shape (n, height, width, 3)."""
    frames = imageio_ffmpeg.read_frames(str(path))
    about = next(frames)
    width, height = about["size"]
    pictures = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in frames]
    return about, np.array(pictures)


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


@pytest.mark.parametrize("form", ["mp4", "webm", "gif"])
def test_a_film_has_the_frames_and_the_size_that_were_asked_for(simulated, film, form: str):
    trial = simulated(Recorder(camera="front", size=SMALL, fps=20, format=form))
    made = film(trial)["film"]
    about, pictures = read(trial.trial.film("film", form))
    assert made["files"] == [f"film.{form}"]
    assert made["frames"] == 11  # at 0, 0.05, ..., 0.5 s
    assert about["size"] == SMALL
    assert about["fps"] == pytest.approx(20, rel=0.01)
    assert len(pictures) == 11
    assert pictures[0].std() > 0


def test_a_recorder_ten_times_slower_makes_ten_times_the_frames(simulated, film):
    trial = simulated(Recorder(camera="front", size=SMALL, fps=10, speed=0.1, label=""))
    assert film(trial)["film"]["frames"] == 51  # one each step of 0.01 s
    assert read(trial.trial.film("film", "mp4"))[0]["fps"] == pytest.approx(10)


def test_several_cameras_stand_side_by_side(simulated, film):
    trial = simulated(
        Recorder(camera=["front", "top"], size=SMALL, format=None, snapshots=[0.5], label="", forces=None)
    )
    film(trial)
    both = picture(trial.trial.snapshot("film", 0.5))
    assert both.shape == (120, 320, 3)
    # from the front and from above, the ball is as far to the right: 0.5·1 N/1 kg·(0.5 s)² = 0.125 m
    for half in (both[:, :160], both[:, 160:]):
        columns = np.flatnonzero((half[:, :, 2] > half[:, :, 0] + 10).any(axis=0))
        assert columns.mean() == pytest.approx(79.5 + 0.125 * PIXELS_A_METRE, abs=1.5)


def test_an_arrow_ends_where_its_force_points(simulated, film):
    arrows = ArrowConfig(scale=0.8, width=0.04)
    plain = Recorder(name="plain", camera="front", size=SMALL, format=None, snapshots=[0], label="", forces=None)
    trial = simulated(plain, plain.model_copy(update={"name": "arrows", "forces": arrows}))
    film(trial)
    pictures = [picture(trial.trial.snapshot(name, 0)) for name in ("plain", "arrows")]
    differs = np.abs(pictures[1] - pictures[0]).sum(axis=2)[:100] > 30  # the legend stands below
    rows, columns = np.nonzero(differs)
    # 1 N along x at 0.8 m/N, from the surface of the ball of 0.1 m, whose middle feels it: its tip is at 0.9 m
    assert columns.max() == pytest.approx(79.5 + 0.9 * PIXELS_A_METRE, abs=2)
    assert columns.min() == pytest.approx(79.5 + 0.1 * PIXELS_A_METRE, abs=2)
    assert rows.mean() == pytest.approx(59.5, abs=1)
    red, green, blue = pictures[1][round(rows.mean()), columns.max() - 15]
    assert red > green > blue  # the first colour of the palette is a red orange


QUADRUPED = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <light pos="0 0 3"/>
    <geom type="plane" size="0 0 1" rgba="0.3 0.4 0.5 1"/>
    <body name="trunk" pos="0 0 0.4">
      <freejoint/>
      <geom type="box" size="0.3 0.15 0.1" mass="9" rgba="0.7 0.7 0.7 1"/>
      <site name="center"/>
      <geom type="capsule" size="0.03" fromto="0.25 0.15 0 0.25 0.15 -0.35" rgba="0.7 0.7 0.7 1"/>
      <geom type="capsule" size="0.03" fromto="0.25 -0.15 0 0.25 -0.15 -0.35" rgba="0.7 0.7 0.7 1"/>
      <geom type="capsule" size="0.03" fromto="-0.25 0.15 0 -0.25 0.15 -0.35" rgba="0.7 0.7 0.7 1"/>
      <geom type="capsule" size="0.03" fromto="-0.25 -0.15 0 -0.25 -0.15 -0.35" rgba="0.7 0.7 0.7 1"/>
    </body>
  </worldbody>
</mujoco>
"""


def added(trial, film, plain: Recorder, shown: Recorder) -> np.ndarray:
    """Return where a picture of the first instant differs from one without arrows, above the legend."""
    film(trial)
    pictures = [picture(trial.trial.snapshot(recorder.name, 0)) for recorder in (plain, shown)]
    return np.abs(pictures[1] - pictures[0]).sum(axis=2)[: 3 * len(pictures[0]) // 4] > 30


@pytest.mark.parametrize("force", [(60.0, 0, 0), (-60.0, 0, 0), (0, 60.0, 0), (0, -60.0, 0), (0, 0, -60.0)])
@pytest.mark.parametrize("kind", ["forces", "net_forces"])
def test_a_shove_at_the_middle_of_a_trunk_is_seen_from_wherever_it_comes(simulated, film, force, kind: str):
    # The free camera looks from one side, so that some of these arrows lie behind the trunk.
    magenta = ArrowConfig(longest=0.6, colour=(1.0, 0.0, 1.0, 1.0))
    plain = Recorder(size=(320, 240), format=None, snapshots=[0], label="", forces=None)
    shove = VectorForce(name="shove", action_site="center", force=force)
    trial = simulated(plain.model_copy(update={kind: magenta}), loads=[shove], mjcf=QUADRUPED)
    film(trial)
    red, green, blue = np.moveaxis(picture(trial.trial.snapshot("film", 0))[:200], -1, 0)  # the legend stands below
    seen = (red > green + 40) & (blue > green + 40)
    rows, columns = np.nonzero(seen)
    assert seen.sum() > 60
    assert max(np.ptp(rows), np.ptp(columns)) > 15


def test_the_reaction_that_a_body_feels_has_an_arrow_too(simulated, film):
    model = BALL.replace(
        "</worldbody>", '<body name="other" pos="0 5 0"><freejoint/><geom size="0.1"/></body></worldbody>'
    )
    push = VectorForce(name="push", action_site="center", force=(1.0, 0.0, 0.0), xtion_body="other")
    plain = Recorder(name="plain", camera="front", size=SMALL, format=None, snapshots=[0], label="", forces=None)
    shown = plain.model_copy(update={"name": "shown", "forces": ArrowConfig(scale=0.8, width=0.04)})
    columns = np.nonzero(added(simulated(plain, shown, loads=[push], mjcf=model), film, plain, shown))[1]
    # each is 0.8 m long and begins at the surface of the ball of 0.1 m, in whose middle the force acts
    assert columns.max() == pytest.approx(79.5 + 0.9 * PIXELS_A_METRE, abs=2)
    assert columns.min() == pytest.approx(79.5 - 0.9 * PIXELS_A_METRE, abs=2)


def test_a_force_that_pushes_its_body_ends_at_its_site(simulated, film):
    below = GeneralLoad(name="thrust", action_site="foot", force=(0.0, 0.0, 1.0))
    model = BALL.replace('<site name="center"/>', '<site name="foot" pos="0 0 -0.1"/>')
    arrows = ArrowConfig(scale=0.8, width=0.04)
    trial = simulated(
        Recorder(camera="front", size=SMALL, format=None, snapshots=[0], label="", forces=arrows),
        loads=[below],
        mjcf=model,
    )
    film(trial)
    shown = picture(trial.trial.snapshot("film", 0))[:, 60:100]
    rows = np.flatnonzero((shown[:, :, 0] > shown[:, :, 2] + 40).any(axis=1))
    assert rows.min() >= 59.5 + 0.1 * PIXELS_A_METRE - 2  # all of it is below the ball
    assert rows.min() <= 59.5 + 0.1 * PIXELS_A_METRE + 12  # where its thin tip is


def test_a_proximity_is_a_line_between_the_closest_points(simulated, film):
    model = BALL.replace("</worldbody>", '<geom name="wall" type="box" size="0.1 1 1" pos="1 0 0"/></worldbody>')
    model = model.replace('<geom type="sphere"', '<geom name="ball" type="sphere"')
    gap = Proximity(name="gap", a="geom:ball", b="geom:wall")
    green = LineConfig(width=0.05, colour=(0.0, 1.0, 0.0, 1.0))
    still = {"camera": "front", "size": SMALL, "format": None, "snapshots": [0], "label": ""}
    trial = simulated(Recorder(proximities=green, **still), loads=[], mjcf=model, proximities=[gap])
    film(trial)
    shown = picture(trial.trial.snapshot("film", 0))
    columns = np.flatnonzero((shown[:, :, 1] > shown[:, :, 0] + 40).any(axis=0))
    # from the ball's surface at 0.1 m to the wall's face at 0.9 m, which stands 1 m nearer and hides some of the rest
    assert columns.min() == pytest.approx(79.5 + 0.1 * PIXELS_A_METRE, abs=3)
    assert columns.max() > 79.5 + 0.5 * PIXELS_A_METRE


def test_a_film_wider_than_the_offscreen_buffer_is_made(simulated, film):
    trial = simulated(Recorder(camera="front", size=(1024, 64), format=None, snapshots=[0]))  # MuJoCo's is 640 wide
    film(trial)
    assert picture(trial.trial.snapshot("film", 0)).shape == (64, 1024, 3)


def test_the_free_camera_sees_all_that_moves(simulated, film):
    trial = simulated(Recorder(size=(96, 96), format=None, snapshots=[0, 0.5], label="", forces=None))
    film(trial)
    for instant in (0, 0.5):
        blue = picture(trial.trial.snapshot("film", instant))
        rows, columns = np.nonzero(blue[:, :, 2] > blue[:, :, 0] + 10)
        assert len(rows) > 100
        assert rows.min() > 0 and columns.min() > 0
        assert rows.max() < 95 and columns.max() < 95


def test_an_event_of_the_telemetry_says_what_is_filmed(simulated, film):
    # v = F/m·t: 0.25 m/s are exceeded at 0.26 s, the first step after 0.25 s
    column = "Joints/#0/qvel:x"
    event = Trigger(signal=column, above=0.25, before=0.1, after=0.1)
    never = Trigger(signal=column, above=9.0)
    shown = {"camera": "front", "size": SMALL, "fps": 20.0, "label": ""}
    trial = simulated(Recorder(name="fast", trigger=event, **shown), Recorder(name="never", trigger=never, **shown))
    made = film(trial)
    assert made["fast"]["frames"] == 5  # 0.16, 0.21, ..., 0.36 s
    assert made["never"]["files"] == []
    assert "error" not in made["never"]


def pulse(time: float, model, data) -> float:
    return 1.0 if 0.19 < time < 0.21 else 0.0


@pytest.mark.parametrize(
    ("recorder", "load", "instant"),
    [
        ({}, VectorForce(name="push", action_site="center", force=(pulse, 0.0, 0.0)), 0.2),  # the greatest load
        ({}, VectorForce(name="push", action_site="center", force=(1.0, 0.0, 0.0)), 0.25),  # the middle, where it lasts
        ({"forces": None}, VectorForce(name="push", action_site="center", force=(pulse, 0.0, 0.0)), 0.25),
        (
            {"trigger": Trigger(signal="Joints/#0/qvel:x", above=0.25, before=0.1, after=0.2)},
            VectorForce(name="push", action_site="center", force=(1.0, 0.0, 0.0)),
            0.26,
        ),
    ],
)
def test_a_films_poster_is_its_telling_picture(simulated, film, recorder: dict, load: VectorForce, instant: float):
    told = {"size": (320, 240), "fps": 20.0, "label": ""}
    trial = simulated(
        Recorder(camera="front", **told, **recorder),
        Recorder(
            name="still", camera="front", format=None, snapshots=[instant], **told, **recorder | {"trigger": None}
        ),
        loads=[load],
    )
    made = film(trial)["film"]
    assert made["poster"] == "film.jpg"
    poster, expected = picture(trial.trial.poster("film")), picture(trial.trial.snapshot("still", instant))
    assert poster.shape == (240, 320, 3)
    assert np.abs(poster - expected).mean() < 2  # JPEG
    assert trial.trial.poster("film").stat().st_size < 20_000
    trial.trial.poster("film").unlink()
    film(trial)
    assert trial.trial.poster("film").exists()


@pytest.mark.parametrize("ended", [{"ended_by": "falls"}, {"outcome": "failed"}])
def test_the_poster_of_a_trial_that_ended_early_or_badly_is_its_end(simulated, film, ended: dict):
    told = {"camera": "front", "size": (320, 240), "fps": 20.0, "label": "", "forces": None}
    trial = simulated(Recorder(**told), Recorder(name="still", **told | {"format": None, "snapshots": [0.5]}))
    write_stage(trial.trial, "simulate", None, fingerprint="same", details={"ended_by": ended.get("ended_by")})
    write_stage(trial.trial, "score", ended.get("outcome", "success"), fingerprint="same")
    film(trial)
    poster, last = picture(trial.trial.poster("film")), picture(trial.trial.snapshot("still", 0.5))
    assert np.abs(poster - last).mean() < 2


def test_an_animated_picture_needs_no_poster(simulated, film):
    trial = simulated(Recorder(camera="front", size=SMALL, fps=4, format="gif"))
    assert film(trial)["film"]["poster"] is None
    assert not trial.trial.poster("film").exists()


def test_instants_that_the_run_did_not_come_to_have_no_picture_and_are_told(simulated, film):
    late = BALL.replace("<worldbody>", '<keyframe><key time="7" qpos="0 0 0 1 0 0 0"/></keyframe><worldbody>')
    still = Recorder(camera="front", size=SMALL, format=None, snapshots=[0.0, 7.1, 9.0], label="{time:.3f}")
    trial = simulated(Recorder(name="moving", camera="front", size=SMALL, fps=20), still, mjcf=late, keyframe=0)
    made = film(trial)
    assert made["moving"]["frames"] == 11  # from 7 s to 7.5 s
    assert made["film"]["files"] == ["film_7.1s.png"]
    assert made["film"]["missed"] == [0.0, 9.0]
    assert "did not come to the instants 0 s, 9 s" in trial.trial.log.read_text()


def test_a_part_that_the_run_does_not_come_to_has_no_film_and_is_no_error(simulated, film):
    trial = simulated(Recorder(camera="front", size=SMALL, trigger=Trigger(start=3.0)))
    made = film(trial)["film"]
    assert (made["files"], made["frames"]) == ([], 0)
    assert "error" not in made
    assert "did not come to what is to be filmed" in trial.trial.log.read_text()


def test_states_that_were_not_saved_are_computed_again(simulated, film):
    recorder = Recorder(camera="front", size=SMALL, format=None, snapshots=[0.5], label="")
    trial = simulated(recorder)
    film(trial)
    first = picture(trial.trial.snapshot("film", 0.5))
    trial.trial.frames.unlink()
    trial.trial.snapshot("film", 0.5).unlink()
    film(trial)
    assert (picture(trial.trial.snapshot("film", 0.5)) == first).all()
    assert "the run is repeated" in trial.trial.log.read_text()


def test_what_is_finished_is_kept_and_a_changed_recorder_makes_its_film_again(simulated, film):
    still = {"camera": "front", "size": SMALL, "format": None, "snapshots": [0.5]}
    trial = simulated(Recorder(name="a", **still), Recorder(name="b", **still))
    film(trial)
    a, b = (trial.trial.snapshot(name, 0.5) for name in "ab")
    stamps = a.stat().st_mtime_ns, b.stat().st_mtime_ns
    film(trial)
    assert (a.stat().st_mtime_ns, b.stat().st_mtime_ns) == stamps
    trial.show([Recorder(name="a", **still), Recorder(name="b", **still | {"camera": "top"})])
    film(trial)
    assert a.stat().st_mtime_ns == stamps[0]
    assert b.stat().st_mtime_ns > stamps[1]
    b.unlink()
    film(trial)
    assert b.exists()


def test_a_film_that_fails_is_told_and_the_next_one_is_made(simulated, film):
    bad = Recorder(name="bad", camera="fromt", size=SMALL)
    good = Recorder(name="good", camera="front", size=SMALL, format=None, snapshots=[0])
    trial = simulated(bad, good)
    made = film(trial)
    assert "Camera 'fromt' is not in the model. Did you mean 'front'?" in made["bad"]["error"]
    assert "Did you mean 'front'?" in trial.trial.log.read_text()
    assert made["good"]["files"] == ["good_0s.png"]
    assert not list(trial.trial.folder.glob(".*part*"))
