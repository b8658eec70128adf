"""Names of columns: which one of a telemetry is meant."""

import pytest

from mojo.columns import signal_column

COLUMNS = ["time", "Joints/a:b:qpos", "Joints/a/b:qpos", "Joints/hinge:qpos"]


@pytest.mark.parametrize(
    ("signal", "column"),
    [
        ("Joints/hinge:qpos", "Joints/hinge:qpos"),
        ("Joints/hinge/qpos", "Joints/hinge:qpos"),
        ("Joints/a:b:qpos", "Joints/a:b:qpos"),  # exactly, though another one is alike
        ("Joints/a/b:qpos", "Joints/a/b:qpos"),
        ("Joints/a/b/qpos", None),  # either of two
        ("Joints/knee:qpos", None),
    ],
)
def test_column_is_found_by_its_name_or_by_the_only_one_that_is_alike(signal, column):
    assert signal_column(signal, COLUMNS) == signal_column(signal, reversed(COLUMNS)) == column
