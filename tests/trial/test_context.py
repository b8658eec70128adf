"""Whether a function can tell what it is given: only a certain no spares score the model."""

import functools
from collections.abc import Callable

import pytest

from mojo.trial.context import never_reads


def only_telemetry(mojo_model, telemetry, mj_model, mj_data):
    return telemetry["time"][-1] + mojo_model["mass"]


def reads_one(mojo_model, telemetry, mj_model, mj_data):
    return mj_data.time


def reads_in_a_closure(mojo_model, telemetry, mj_model, mj_data):
    return max(telemetry, key=lambda row: row * mj_model.nq)


def reads_all_locals(mojo_model, telemetry, mj_model, mj_data):
    return len(locals())


def reads_in_a_query(mojo_model, telemetry, mj_model, mj_data):
    return telemetry.query("time > @mj_data.time")


def takes_any(*everything):
    return everything[3].time


@functools.wraps(only_telemetry)
def wrapper(*args):
    return only_telemetry(*args)


class Callee:
    def __call__(self, mojo_model, telemetry, mj_model, mj_data):
        return 1.0


def test_a_function_that_does_not_name_its_parameters_never_reads_them():
    assert never_reads(only_telemetry, 2, 3)
    assert not never_reads(only_telemetry, 0)
    assert never_reads(reads_one, 2)
    assert never_reads(lambda mojo_model, telemetry, model, data: 1.0, 2, 3)


@pytest.mark.parametrize(
    "function",
    [
        reads_one,
        reads_in_a_closure,
        reads_all_locals,
        reads_in_a_query,
        takes_any,
        wrapper,
        Callee(),
        functools.partial(only_telemetry),
        print,
    ],
)
def test_whoever_might_read_them_is_given_them(function: Callable[..., object]):
    assert not never_reads(function, 2, 3)
