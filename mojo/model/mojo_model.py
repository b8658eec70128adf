"""MojoModel: what a generator fills and every later stage reads."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from mojo import randomness, shared_random
from mojo.attributes import ClosedAttributes, SealableList
from mojo.distributions import Distribution, marginals
from mojo.distributions.given import distribution_of
from mojo.distributions.quantiles import draw as draw_values
from mojo.errors import ModelError
from mojo.model import user_data
from mojo.model.mjcf import as_spec, bytes_of, compile_spec
from mojo.model.named import NamedValueDict, Source
from mojo.model.overrides import Overrides

# What a runtime or an objective cannot change in the MojoModel that the generator has made, and what to do instead.
_GENERATOR = "The generator has decided it."
SETTLED = {
    "spec": f"{_GENERATOR} A runtime changes mj_model.",
    "loads": f"{_GENERATOR} A runtime adds a load to runtime_manager.loads.",
    "proximities": f"{_GENERATOR} A runtime adds a proximity to runtime_manager.proximities.",
    "signals": f"{_GENERATOR} A runtime asks for more by runtime_manager.signals.request(...).",
    "recorders": f"{_GENERATOR} Films are made after the run.",
}


def _check_list(name: str, given: Any, holds: str, is_one: Callable[[Any], bool]) -> None:
    if not isinstance(given, list | tuple):
        raise ModelError(f"mojo_model.{name} must be a list of {holds}, but is {given!r}.")
    for item in given:
        if not is_one(item):
            raise ModelError(f"mojo_model.{name} must be a list of {holds}, but has {item!r} in it.")


class MojoModel(ClosedAttributes):
    """A model in the making: its MjSpec, its named values, and what is to be simulated and recorded.

    Attributes:
        spec: The `mujoco.MjSpec`; MJCF text or a path can be assigned, too. The generator sets or changes it.
        named: Named values: the trial's parameters, draws, and whatever the user adds.
        seed: The study's seed.
        trial_num: The trial's number.
        draw_num: With the seed, the stage and a name it addresses every random number: the trial's number, or one that
            several trials share, which are to be compared under the same random numbers.
        nominal: Whether draws take their nominal value, where they have one.
        overrides: Values that win over every draw.
        loads: Loads that the built-in runtime applies.
        proximities: Distances that it measures.
        signals: Names and patterns of the signals to record, e.g. "Joints/*:qpos"; empty for the default.
        recorders: What films of the trial show, if the study asks for any; empty for the default.
        user_data: What the generator hands on to the runtime, and either to the functions that judge: a dict of
            numbers, texts, lists, dicts and NumPy arrays, which come back as they were to the last bit.
        parent_num: In a population, the trial that this one goes on from; None for a start from nothing.
        parent_checkpoint: The folder that the parent left; None without a parent.
        checkpoint: The empty folder in which the runtime leaves what others may go on from; None in other studies.
    """

    def __init__(
        self,
        spec: mujoco.MjSpec | None = None,
        *,
        seed: int = 0,
        trial_num: int = 0,
        draw_num: int | None = None,
        nominal: bool = False,
        named: NamedValueDict | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self._spec = spec
        self._model_path: Path | None = None
        self._parsed = b""
        self.named = named if named is not None else NamedValueDict()
        self.seed = seed
        self.trial_num = trial_num
        self.draw_num = trial_num if draw_num is None else draw_num
        self.nominal = nominal
        self.overrides = Overrides(overrides)
        self.loads: list[Any] = []
        self.proximities: list[Any] = []
        self.signals: list[str] = []
        self.recorders: list[Any] = []
        self.user_data: dict[str, Any] = {}
        self.parent_num: int | None = None
        self.parent_checkpoint: Path | None = None
        self.checkpoint: Path | None = None
        self._generated: Mapping[str, Any] = {}
        self._stage = "generate"
        self._generators: dict[tuple[Any, ...], np.random.Generator] = {}
        self._open_folder: Callable[[], Path] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            ModelError: There is none of that name, or the generator has decided it for good.
        """
        if name in SETTLED and vars(self).get("_generated"):
            raise ModelError(f"mojo_model.{name} cannot be set any more. {SETTLED[name]}")
        super().__setattr__(name, value)

    @property
    def spec(self) -> mujoco.MjSpec:
        """The model's spec; a loaded MojoModel parses its model.xml when somebody asks."""
        if self._spec is None and self._model_path is not None:
            self._spec = mujoco.MjSpec.from_file(str(self._model_path))
            self._parsed = bytes_of(compile_spec(self._spec))
        if self._spec is None:
            self._spec = mujoco.MjSpec()
        return self._spec

    @spec.setter
    def spec(self, spec: mujoco.MjSpec | str | Path) -> None:
        if not isinstance(spec, mujoco.MjSpec | str | Path):
            came = "None" if spec is None else f"a {type(spec).__name__}"
            raise ModelError(f"mojo_model.spec must be a mujoco.MjSpec, MJCF text or a path, but is {came}.")
        self._spec = as_spec(spec)

    def check_spec_unchanged(self) -> None:
        """Check that the spec that a runtime got from model.xml still says what is simulated.

        Raises:
            ModelError: The runtime has changed it.
        """
        if self._spec is not None and self._parsed and bytes_of(compile_spec(self._spec)) != self._parsed:
            raise ModelError(f"The runtime changed mojo_model.spec, to no effect. {SETTLED['spec']}")

    def check(self) -> None:
        """Check what a generator has left.

        Raises:
            ModelError: It has no spec, or its lists hold something else than they are for.
        """
        if self._spec is None and self._model_path is None:
            raise ModelError("The generator never set mojo_model.spec: give it a mujoco.MjSpec, MJCF text or a path.")
        _check_list("signals", self.signals, "names of signals", lambda item: isinstance(item, str))
        for name in ("loads", "proximities", "recorders"):
            _check_list(name, getattr(self, name), f"mojo's {name}", lambda item: hasattr(item, "model_dump"))

    def __getitem__(self, name: str) -> Any:
        """Return the value of the named value `name`."""
        return self.named[name].value

    def rng(self, name: str) -> np.random.Generator:
        """Return the random generator of this trial and stage for `name`; another call goes on where it was.

        Each stage has numbers of its own, and so have a draw and a generator of the same name.
        """
        address = (self.seed, self.draw_num, name, self._stage)
        if address not in self._generators:
            self._generators[address] = randomness.generator(*address)
        return self._generators[address]

    def begin_stage(self, stage: str) -> None:
        """Seed all that draws in a stage, `rng` and the global generators of Python, NumPy and PyTorch, by its name."""
        self._stage, self._generators = stage, {}
        shared_random.seed_shared(self.seed, self.draw_num, stage)

    def draw(self, name: str, distribution: Distribution | Mapping[str, Any], *, element: str = "") -> Any:
        """Draw a value, name it, and return it.

        An override of that name wins; else, in the nominal trial, the distribution's `nominal`, if it has one.

        Args:
            name: Name of the value; with the seed and `draw_num` it is the draw's address.
            distribution: As in a study file, e.g. `Normal(mean=1.0, std=0.1, unit="kg")` or the same as a dict.
            element: Where the compiled model holds the value, to read it back, e.g. "Bodies/torso:mass".

        Returns:
            The value; for correlated normals a dict of name and value.

        Raises:
            ModelError: The name is taken, or it is no distribution.
        """
        spec = distribution_of(name, distribution)
        drawn = draw_values(spec, name, self.seed, self.draw_num)
        for column, marginal in marginals(name, spec).items():
            source, value = self._decide(column, drawn[column], marginal.nominal)
            unit, description = marginal.unit, marginal.description
            self.named.set(column, value, unit=unit, description=description, element=element, source=source)
        return self[name] if list(drawn) == [name] else {column: self[column] for column in drawn}

    @property
    def trial_dir(self) -> Path:
        """The trial's folder, for files of the user's code; what a stage leaves goes when that stage runs again.

        Raises:
            ModelError: This MojoModel is no trial of a study.
        """
        if self._open_folder is None:
            raise ModelError("mojo_model.trial_dir: this MojoModel is no trial of a study, so it has no folder.")
        return self._open_folder()

    def keep_files_in(self, open_folder: Callable[[], Path]) -> None:
        """Take the trial's folder from who runs it, by a function that is called whenever user code asks for it."""
        self._open_folder = open_folder

    def is_of(self, trial: "MojoModel") -> bool:
        """Return whether this is the MojoModel of a trial, or a copy of it."""
        return self._open_folder == trial._open_folder

    @property
    def generated(self) -> Mapping[str, Any]:
        """What `dump` gave when the generator had made it; {} while it is being made."""
        return self._generated

    def _decide(self, name: str, drawn: Any, nominal: Any) -> tuple[Source, Any]:
        """Return who sets a drawn value, and the value: an override wins, then the nominal in the nominal trial."""
        if name in self.overrides:
            return "override", self.overrides[name]
        if self.nominal and nominal is not None:
            return "nominal", nominal
        return "draw", drawn

    def with_overrides(self, overrides: Mapping[str, Any]) -> "MojoModel":
        """Return a copy with `overrides` added."""
        return self._copy(overrides=Overrides({**self.overrides, **overrides}))

    def with_seed(self, seed: int) -> "MojoModel":
        """Return a copy with another seed, whose generators begin anew."""
        return self._copy(seed=seed, _generators={})

    def with_trial_num(self, trial_num: int) -> "MojoModel":
        """Return a copy with another trial number, whose generators begin anew."""
        return self._copy(trial_num=trial_num, draw_num=trial_num, _generators={})

    def _copy(self, **changes: Any) -> "MojoModel":
        twin = copy.copy(self)
        twin._generated = {}
        twin.spec = self.spec.copy()
        twin.named = NamedValueDict(list(self.named.values()))
        twin.overrides = Overrides(self.overrides)
        twin.loads, twin.proximities = list(self.loads), list(self.proximities)
        twin.signals, twin.recorders = list(self.signals), list(self.recorders)
        twin.user_data = copy.deepcopy(self.user_data)
        for name, value in changes.items():
            setattr(twin, name, value)
        return twin

    def dump(self) -> dict[str, Any]:
        """Return everything but the spec, which is model.xml, as a JSON-able dict.

        Raises:
            ModelError: `user_data` holds what cannot be written, or a load a function that cannot be found by name.
        """
        return {
            "seed": self.seed,
            "trial_num": self.trial_num,
            "draw_num": self.draw_num,
            "nominal": self.nominal,
            "overrides": dict(self.overrides),
            "named": self.named.dump(),
            "loads": [load.model_dump(mode="json") for load in self.loads],
            "proximities": [proximity.model_dump(mode="json") for proximity in self.proximities],
            "signals": list(self.signals),
            "recorders": [recorder.model_dump(mode="json") for recorder in self.recorders],
            "parent_num": self.parent_num,
            "user_data": user_data.encode(self.user_data),
        }

    @classmethod
    def load(
        cls,
        dumped: Mapping[str, Any],
        loads: list[Any],
        proximities: list[Any],
        model_path: Path,
        recorders: list[Any] | None = None,
    ) -> "MojoModel":
        """Return the MojoModel that `dump` gave, with what the generator has decided settled.

        Args:
            dumped: What `dump` returned.
            loads: Its loads, made from their dumps by the runtime, which knows their classes.
            proximities: Its proximities, likewise.
            model_path: The trial's model.xml.
            recorders: Its recorders, likewise.
        """
        found = cls(
            seed=dumped["seed"],
            trial_num=dumped["trial_num"],
            draw_num=dumped["draw_num"],
            nominal=dumped["nominal"],
            named=NamedValueDict.load(dumped["named"]),
            overrides=dumped["overrides"],
        )
        found._model_path = model_path
        lists = {"loads": loads, "proximities": proximities, "signals": dumped["signals"], "recorders": recorders or []}
        for name, items in lists.items():
            setattr(found, name, SealableList(items, f"mojo_model.{name}"))
            getattr(found, name).seal(SETTLED[name])
        found.parent_num = dumped["parent_num"]
        found.user_data = user_data.decode(dumped.get("user_data", {}))
        found._generated = dumped
        return found
