"""`python -m mojo view` refuses what it cannot show; the rest is in tests/view."""

from tests.commands.conftest import Command
from tests.workflow.conftest import RunningStudy


def test_a_study_that_does_not_exist_and_a_speed_of_nothing_are_refused(mojo: Command, finished: RunningStudy):
    assert "mojo: error: The study file " in mojo("view", finished.folder / "other.yaml", ok=False)
    assert "--speed must be above 0, but got 0" in mojo("view", finished.file, "--speed", "0", ok=False)
