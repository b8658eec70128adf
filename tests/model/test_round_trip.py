"""Every number of a spec, set to others, comes back from its text; what does not is refused when it is looked at."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.model.mjcf import write_model
from tests.model.test_mjcf import RICH, differences

LISTS = ("bodies", "geoms", "joints", "sites", "cameras", "lights", "frames", "materials", "pairs", "equalities")
LISTS += ("tendons", "actuators", "sensors", "numerics", "keys")
# Of the file's own making, and what a spec cannot change: a segment fault or a refusal of MuJoCo's compiler.
LEFT_OUT = ("id", "signature", "parent", "frame", "info", "name", "classname", "compiler", "childclass")
# Seen only, or taken no notice of: what MuJoCo's writer leaves out where it is not in use.
UNUSED = (".cam_", ".jnt_range", ".eq_data", ".tendon_rgba", ".tendon_width", ".actuator_history", ".sensor_history")
UNUSED += (".sensor_intprm",)


def changes(seed: int) -> Iterator[tuple[str, Callable[[mujoco.MjSpec], None]]]:
    """Yield a name and a change for each number of the first two elements of each kind."""
    rng = random.Random(seed)
    spec = mujoco.MjSpec.from_string(RICH)
    spec.compile()
    for kind in LISTS:
        for index, element in list(enumerate(getattr(spec, kind)))[kind == "bodies" :][:2]:
            for name in dir(element):
                if name.startswith("_") or name in LEFT_OUT:
                    continue
                value = getattr(element, name)
                if isinstance(value, bool) or not isinstance(value, float | np.ndarray):
                    continue
                shape = np.shape(value)
                drawn = np.array([rng.uniform(0.01, 1.0) for _ in range(int(np.prod(shape)))]).reshape(shape)

                def change(spec, kind=kind, index=index, name=name, drawn=drawn):
                    setattr(getattr(spec, kind)[index], name, drawn if drawn.ndim else float(drawn))

                yield f"{kind}[{index}].{name}", change


def compiled(change: Callable[[mujoco.MjSpec], None]) -> tuple[mujoco.MjSpec, Any] | None:
    spec = mujoco.MjSpec.from_string(RICH)
    try:
        change(spec)
        return spec, spec.compile()
    except (ValueError, TypeError, mujoco.FatalError):  # MuJoCo refuses most that contradict the rest of the model
        return None


def test_every_number_comes_back_or_is_refused(tmp_path: Path):
    lost, tried = {}, 0
    for number, (name, change) in enumerate(changes(seed=0)):
        made = compiled(change)
        if made is None:
            continue
        folder = tmp_path / f"{number:06d}"
        try:
            write_model(made[0], folder, tmp_path / "assets", check=True)
        except ModelError:
            continue
        tried += 1
        different = differences(made[1], mujoco.MjModel.from_xml_path(str(folder / "model.xml")))
        if left := [array for array in different if not array.startswith(UNUSED)]:
            lost[name] = left
    assert lost == {}
    assert tried > 150
