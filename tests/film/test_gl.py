"""What renders is found out in a process of its own, whatever happens there."""

import pytest

from mojo.film.gl import BACKENDS, NoRendererError, probe


def test_the_first_library_that_renders_is_named_with_its_speed():
    found = probe("")
    assert found.variable in BACKENDS
    assert found.name
    assert found.frame_seconds > 0
    assert f"{found.name} ({found.variable.upper()}, " in str(found)


def test_rendering_that_is_turned_off_is_said():
    with pytest.raises(NoRendererError, match="MUJOCO_GL=disabled turns rendering off"):
        probe("disabled")


def test_where_nothing_renders_the_message_says_what_to_install():
    with pytest.raises(NoRendererError, match=r"'?nonsense.*apt-get install libegl1.*libosmesa6.*conda-forge libegl"):
        probe("nonsense")
