"""Addresses that no two names share, and the generators that a process has one of."""

import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mojo import randomness
from mojo.randomness import GlobalGenerator, generator, seed_globals, watch_globals


@pytest.fixture(autouse=True)
def generators() -> Iterator[None]:
    """Leave the process as it was."""
    python, finders = random.getstate(), list(sys.meta_path)
    bits, state = np.random.get_bit_generator(), np.random.get_state()
    yield
    random.setstate(python)
    sys.meta_path[:] = finders
    np.random.set_bit_generator(bits)
    np.random.set_state(state)


def drawn() -> tuple[float, float, float, float]:
    # the second normal of a pair is kept for the next call
    return random.random(), random.gauss(0, 1), np.random.normal(), np.random.random()


def test_names_that_share_a_crc_share_no_numbers():
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    assert generator(1, 2, "plumless").random() != generator(1, 2, "buckeroo").random()


def test_every_part_of_an_address_counts():
    addresses = [(7, 3, "mass"), (8, 3, "mass"), (7, 4, "mass"), (7, 3, "size"), (7, 3, "mass", "simulate")]
    addresses += [(7, 3, "", "mass"), (7, 3, "mass", "")]
    assert len({generator(*address).random() for address in addresses}) == len(addresses)
    assert generator(7, 3, "mass").random() == generator(7, 3, "mass").random()


def test_names_that_run_into_each_other_are_told_apart():
    assert generator(1, 2, "b", "a").random() != generator(1, 2, "", "ab").random()
    assert generator(1, 2, 'b", "c', "a").random() != generator(1, 2, "c", 'a", "b').random()


def test_many_addresses_draw_as_one_generator_would():
    # 10,000 uniform numbers: the mean is 1/2 within 5·sqrt(1/12/10000), neighbours are uncorrelated within 5/sqrt(n)
    first, second = (
        np.array([generator(3, trial, name).random() for trial in range(100) for name in names])
        for names in ([f"a{n}" for n in range(100)], [f"b{n}" for n in range(100)])
    )
    assert abs(first.mean() - 0.5) < 5 * np.sqrt(1 / 12 / first.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(first.size)
    assert np.unique([first, second]).size == 2 * first.size


def test_global_generators_are_seeded_by_seed_trial_and_stage():
    addresses = [(1, 2, "generate"), (2, 2, "generate"), (1, 3, "generate"), (1, 2, "simulate")]
    found = []
    for address in addresses:
        seed_globals(*address)
        found.append(drawn())
    assert len({number for numbers in found for number in numbers}) == 4 * len(addresses)
    seed_globals(*addresses[0])
    assert random.random() != np.random.random()  # both are a Mersenne twister
    for _ in range(3):
        np.random.normal()  # a cached second normal must not survive
        random.gauss(0, 1)
        seed_globals(*addresses[0])
        assert drawn() == found[0]


def test_another_process_draws_the_same_numbers():
    program = "import random, numpy as np, mojo.randomness as r; r.seed_globals(5, 6, 'score')\n"
    program += "print(random.random(), np.random.random())"
    command = [sys.executable, "-c", program]
    other = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seed_globals(5, 6, "score")
    assert other.stdout.split() == [repr(random.random()), repr(float(np.random.random()))]


def test_a_generator_of_another_kind_that_the_user_put_into_numpy_is_replaced():
    seed_globals(1, 2, "simulate")
    expected = drawn()
    np.random.set_bit_generator(np.random.PCG64())
    seed_globals(1, 2, "simulate")
    assert drawn() == expected


def test_who_drew_from_a_global_generator_is_told():
    seed_globals(1, 2, "simulate")
    found = watch_globals()
    np.random.default_rng(1).random()
    random.Random(1).random()
    assert found() == []
    np.random.random()
    assert found() == ["numpy"]
    random.random()
    assert found() == ["random", "numpy"]


LATE = """
state = [0]
def manual_seed(words): state[0] = words[0]
def draw(): state[0] += 1; return state[0]
"""


def test_a_module_that_is_imported_during_a_stage_is_seeded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dice = GlobalGenerator(lambda module, words: module.manual_seed(words), lambda module: repr(module.state).encode())
    monkeypatch.setitem(randomness.GLOBAL_GENERATORS, "late_dice", dice)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "late_dice.py").write_text(LATE)
    numbers = []
    for trial in (1, 1, 2):
        sys.modules.pop("late_dice", None)
        seed_globals(9, trial, "generate")
        found = watch_globals()
        import late_dice

        assert found() == []
        numbers.append(late_dice.draw())
        assert found() == ["late_dice"]
    assert numbers[0] == numbers[1] != numbers[2]
    seed_globals(9, 2, "generate")
    assert late_dice.draw() == numbers[2]


def test_torch_is_seeded_where_it_is_imported():
    torch = pytest.importorskip("torch")
    seed_globals(1, 2, "simulate")
    expected = torch.rand(3).tolist()
    seed_globals(1, 3, "simulate")
    assert torch.rand(3).tolist() != expected
    seed_globals(1, 2, "simulate")
    found = watch_globals()
    assert found() == []
    assert torch.rand(3).tolist() == expected
    assert found() == ["torch"]
