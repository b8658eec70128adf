"""Tapes: what loads compute, written down once and played from then on."""

import copy
import pickle

import numpy as np
import pytest

from mojo.runtime.batch.tape import Tape, Untraceable


def written(tape: Tape, numbers: np.ndarray, out: np.ndarray) -> None:
    """Write down out = 2·(a + b), where a and b are the halves of `numbers`."""
    followed = tape.follow(numbers)
    np.multiply(followed[:2] + followed[2:], 2.0, out=out)


def test_a_tape_computes_anew_what_was_computed_when_it_was_made():
    tape, numbers, out = Tape(), np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2)
    written(tape, numbers, out)
    tape.finish(())
    assert out.tolist() == [0.0, 0.0]  # nothing is applied while the tape is made
    assert tape.play()
    assert out.tolist() == [8.0, 12.0]
    numbers[:] = 1.0
    assert tape.play()
    assert out.tolist() == [4.0, 4.0]


def test_a_tape_stops_where_a_decision_would_be_another_one():
    tape, numbers, out = Tape(), np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2)
    assert np.count_nonzero(tape.follow(numbers)) == 4
    written(tape, numbers, out)
    tape.finish(())
    numbers[0] = 0.0
    assert not tape.play()
    assert out.tolist() == [0.0, 0.0]


READS = {
    "where": lambda a: np.where(a > 0.0, a, 0.0),
    "fancy index": lambda a: a[[1, 0]],
    "number": lambda a: a[0],
    "mask": lambda a: a[a > 0.0],
    "sum": lambda a: a.sum(),
    "copy": lambda a: a.copy(),
    "decision": lambda a: bool(a[:1] > 0.0),
    "modf": np.modf,
    "array": np.array,
    "asarray": np.asarray,
    "assign from": lambda a: np.zeros(2).__setitem__(slice(None), a),
    "assign to": lambda a: a.__setitem__(0, 1.0),
    "tolist": lambda a: a.tolist(),
    "item": lambda a: a.item(0),
    "list": list,
    "float": lambda a: float(a[:1]),
    "int": lambda a: int(a[:1]),
    "index": lambda a: [1, 2][a[:1]],
    "contains": lambda a: 1.0 in a,
    "tobytes": lambda a: a.tobytes(),
    "flat": lambda a: a.flat[0],
    "nonzero": lambda a: a.nonzero(),
    "stack": lambda a: np.stack([a, a]),
    "reduce": np.add.reduce,
    "at": lambda a: np.add.at(np.zeros(2), [0], a[:1]),
    "interface": lambda a: a.__array_interface__,
    "format": lambda a: f"{a[:1]:g}",
}


@pytest.mark.parametrize("reads", READS.values(), ids=READS.keys())
def test_what_a_tape_cannot_follow_is_refused(reads):
    with pytest.raises((Untraceable, TypeError)):
        reads(Tape().follow(np.array([1.0, 2.0])))


@pytest.mark.parametrize("reads", [memoryview, bytes, pickle.dumps, copy.deepcopy], ids=lambda reads: reads.__name__)
def test_what_stands_for_an_array_has_no_buffer_and_no_copy(reads):
    with pytest.raises((Untraceable, TypeError)):
        reads(Tape().follow(np.array([1.0, 2.0])))


def test_what_stands_for_an_array_is_of_no_use_in_the_next_step():
    tape, numbers, out = Tape(), np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2)
    kept = tape.follow(numbers)
    written(tape, numbers, out)
    tape.finish(())
    with pytest.raises(Untraceable, match="kept from one step to another"):
        kept + 1.0


def test_a_tape_on_which_nothing_is_applied_is_refused():
    with pytest.raises(Untraceable):
        Tape().finish(())
