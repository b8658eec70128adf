"""Generators that the trials of a process share: seeded before every stage, and watched where many step at once."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mojo import shared_random, user_code
from mojo.shared_random import Shared, seed_shared, watch_shared


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


def test_shared_generators_are_seeded_by_seed_trial_and_stage():
    addresses = [(1, 2, "generate"), (2, 2, "generate"), (1, 3, "generate"), (1, 2, "simulate")]
    found = []
    for address in addresses:
        seed_shared(*address)
        found.append(drawn())
    assert len({number for numbers in found for number in numbers}) == 4 * len(addresses)
    seed_shared(*addresses[0])
    assert random.random() != np.random.random()  # both are a Mersenne twister
    for _ in range(3):
        np.random.normal()  # a cached second normal must not survive
        random.gauss(0, 1)
        seed_shared(*addresses[0])
        assert drawn() == found[0]


def test_another_process_draws_the_same_numbers():
    program = "import random, numpy as np, mojo.shared_random as r; r.seed_shared(5, 6, 'score')\n"
    program += "print(random.random(), np.random.random())"
    command = [sys.executable, "-c", program]
    other = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seed_shared(5, 6, "score")
    assert other.stdout.split() == [repr(random.random()), repr(float(np.random.random()))]


def test_a_generator_of_another_kind_that_the_user_put_into_numpy_is_replaced():
    seed_shared(1, 2, "simulate")
    expected = drawn()
    np.random.set_bit_generator(np.random.PCG64())
    seed_shared(1, 2, "simulate")
    assert drawn() == expected


def test_who_drew_from_a_shared_generator_is_told():
    seed_shared(1, 2, "simulate")
    found = watch_shared()
    np.random.default_rng(1).random()
    random.Random(1).random()
    assert found() == []
    np.random.random()
    assert found() == ["numpy.random"]
    random.random()
    assert found() == ["random", "numpy.random"]


LATE = """
state = [0]
def manual_seed(words): state[0] = words[0]
def draw(): state[0] += 1; return state[0]
"""


def test_a_module_that_is_imported_during_a_stage_is_seeded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def dice(module: Any) -> Shared:
        return Shared("late_dice", module.manual_seed, lambda: repr(module.state).encode())

    monkeypatch.setitem(shared_random.LIBRARIES, "late_dice", dice)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "late_dice.py").write_text(LATE)
    numbers = []
    for trial in (1, 1, 2):
        sys.modules.pop("late_dice", None)
        seed_shared(9, trial, "generate")
        found = watch_shared()
        import late_dice

        assert found() == []
        numbers.append(late_dice.draw())
        assert found() == ["late_dice"]
    assert numbers[0] == numbers[1] != numbers[2]
    seed_shared(9, 2, "generate")
    assert late_dice.draw() == numbers[2]


OWN = """
import random
import numpy as np
RNG = np.random.default_rng(1)
ALIAS = RNG
OLD = np.random.RandomState(np.random.Philox(2))
PYTHON = random.Random(3)
SYSTEM = random.SystemRandom()
class Robot:
    legacy = np.random.RandomState(4)
def step(count=1, rng=np.random.default_rng(5), *, other=random.Random(6)):
    return rng.random(), other.random()
def draw():
    return [RNG.random(), OLD.normal(), PYTHON.random(), Robot.legacy.normal(), *step()]
"""


def test_generators_that_a_module_of_the_user_holds_are_seeded_too(tmp_path: Path):
    (tmp_path / "own.py").write_text(OWN)
    own = user_code.load_module(str(tmp_path / "own.py"))
    found = []
    for address in [(1, 2, "generate"), (1, 3, "generate"), (1, 2, "simulate"), (2, 2, "generate")]:
        seed_shared(*address)
        found.append(own.draw())
        own.draw()
    assert len({number for numbers in found for number in numbers}) == 4 * 6
    seed_shared(1, 2, "generate")
    assert own.draw() == found[0]
    seed_shared(1, 2, "generate")
    drawn = watch_shared()
    assert drawn() == []
    own.RNG.random()
    own.Robot.legacy.normal()
    assert sorted(drawn()) == ["own.py:RNG", "own.py:Robot.legacy"]
    own.OLD = np.random.default_rng(8)  # a generator that takes the place of another counts from the next stage on
    numbers = []
    for _ in range(2):
        seed_shared(1, 2, "generate")
        numbers.append(own.OLD.random())
    assert numbers[0] == numbers[1]


HELD = """
import functools, random
from collections import defaultdict
from dataclasses import dataclass
from types import SimpleNamespace
import numpy as np
BY_NAME = defaultdict(list, wind=np.random.default_rng(1))
LISTED = [(0.5, random.Random(2)), [np.random.RandomState(3)]]
class Wind:
    def __init__(self):
        self.rng, self.around = np.random.default_rng(4), self
WIND = Wind()
@dataclass(slots=True)
class Slotted:
    rng: object
SLOTTED = Slotted(np.random.default_rng(5))
def enclosing():
    rng = np.random.default_rng(6)
    def drawn():
        return rng.random()
    return drawn
CLOSED = enclosing()
PARTIAL = functools.partial(lambda rng: rng.random(), np.random.default_rng(7))
BOUND = np.random.default_rng(8).random
SPACE = SimpleNamespace(deep={"er": [Slotted(np.random.default_rng(9))]})
CHAIN = []
for _ in range(5000):
    CHAIN = [CHAIN]
def draw():
    return [BY_NAME["wind"].random(), LISTED[0][1].random(), LISTED[1][0].random_sample(), WIND.rng.random(),
            SLOTTED.rng.random(), CLOSED(), PARTIAL(), BOUND(), SPACE.deep["er"][0].rng.random()]
"""


def test_generators_in_containers_objects_and_functions_of_a_module_are_seeded_too(tmp_path: Path):
    (tmp_path / "held.py").write_text(HELD)
    held = user_code.load_module(str(tmp_path / "held.py"))
    found = []
    for trial in (1, 2, 1):
        seed_shared(5, trial, "simulate")
        found.append(held.draw())
        held.draw()
    assert found[0] == found[2]
    assert len({*found[0], *found[1]}) == 2 * len(found[0])
    held.WIND.rng = np.random.default_rng(10)  # in a place that is looked at before every stage
    numbers = []
    for _ in range(2):
        seed_shared(5, 1, "simulate")
        numbers.append(held.WIND.rng.random())
    assert numbers == [found[0][3]] * 2


def test_a_generator_is_seeded_by_where_it_was_made_whoever_has_imported_it(tmp_path: Path):
    (tmp_path / "the_owner.py").write_text(OWN)
    (tmp_path / "an_importer.py").write_text("from the_owner import RNG\nfrom the_owner import *\n")
    owner = user_code.load_module(str(tmp_path / "the_owner.py"))
    sys.modules["the_owner"] = owner
    seed_shared(1, 2, "generate")
    expected = owner.draw()
    importer = user_code.load_module(str(tmp_path / "an_importer.py"))
    assert importer.RNG is owner.RNG
    seed_shared(1, 2, "generate")
    assert owner.draw() == expected
    sys.path.remove(str(tmp_path))


def test_modules_of_one_name_in_two_folders_have_numbers_of_their_own(tmp_path: Path):
    modules = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twin.py").write_text(OWN)
        modules.append(user_code.load_module(str(tmp_path / folder / "twin.py")))
    seed_shared(1, 2, "generate")
    found = [module.draw() for module in modules]
    assert len({*found[0], *found[1]}) == 12
    seed_shared(1, 2, "generate")
    assert [module.draw() for module in modules] == found


def test_numbers_do_not_depend_on_where_a_module_lies(tmp_path: Path):
    found = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "lying.py").write_text(OWN)
        own = user_code.load_module(str(tmp_path / folder / "lying.py"))
        seed_shared(1, 2, "generate")
        found.append(own.draw())
        del sys.modules[own.__name__]
    assert found[0] == found[1]


def test_a_folder_that_is_called_like_a_library_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for stub in (None, ModuleType("torch")):
        monkeypatch.setitem(sys.modules, "torch", stub)
        seed_shared(1, 2, "generate")
        assert watch_shared()() == []


OWN_TORCH = """
import torch
OWN = torch.Generator()
def step(rng=torch.default_generator):
    return torch.rand(1, generator=rng).item()
def draw():
    return [torch.rand(1).item(), torch.rand(1, generator=OWN).item(), step()]
"""
LATE_TORCH = """
import sys
from mojo.shared_random import seed_shared
seed_shared(1, 2, "simulate")
assert "torch" not in sys.modules
import torch
print(*torch.rand(2).tolist())
"""


def test_torch_is_seeded_where_it_is_imported(tmp_path: Path):
    torch = pytest.importorskip("torch")
    (tmp_path / "own_torch.py").write_text(OWN_TORCH)
    own = user_code.load_module(str(tmp_path / "own_torch.py"))
    found = []
    for trial in (2, 3, 2):
        seed_shared(1, trial, "simulate")
        found.append(own.draw())
    assert found[0] == found[2]
    assert len({*found[0], *found[1]}) == 6
    seed_shared(1, 2, "simulate")
    drawn = watch_shared()
    assert drawn() == []
    expected = torch.rand(2).tolist()
    assert drawn() == ["torch"]
    late = subprocess.run([sys.executable, "-c", LATE_TORCH], check=True, capture_output=True, text=True)
    assert [float(word) for word in late.stdout.split()] == expected
