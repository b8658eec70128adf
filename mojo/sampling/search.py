"""Searches: Optuna, asked for one batch of designs at a time, and rebuilt from the tables each time.

**A design** is a value for every design variable. It is what Optuna calls a trial: it is asked for, evaluated and told
once. **A trial**, as everywhere in mojo, is one simulation. With k = `evals_per_trial`, a design is evaluated by k
trials, which share its values and differ in their draws; draws are addressed by the number of the evaluation, 0 to
k - 1, so that all designs meet the same k draws (common random numbers). With b = `batch` designs asked at a time,

    trial = k·design + evaluation,   design = b·batch + place,   batch_size = b·k trials,

and n_trial counts designs, so there are n_trial/b batches of b·k trials. All designs of a batch are asked for before
any of them is evaluated, and all are told before the next batch is asked for.

**The confirmation**, `confirm: {best: m, n_trial: n}`, comes after the last batch of the search: m·n trials in batches
of the same size, the first n for the best design. It goes on with the draws k, k + 1, ..., k + n - 1, which the search
has not seen, the same ones for each of the m designs.

**Nothing but the tables is kept.** For each batch the study is built again in memory from the designs so far, their
scores and what the sampler noted with each design (`Attributes`: CMA-ES its covariance, genetic samplers the
generations), asked for b designs, and dropped. The sampler's random numbers start anew at (seed, batch, "sampler"). So
the designs of a batch depend on the tables before it and on nothing else, however often the run was interrupted; and
the first designs of a batch do not depend on how many are asked for.
"""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from mojo.errors import StudyError, unknown
from mojo.randomness import generator
from mojo.sampling.libraries import optional
from mojo.sampling.space import Space, contains
from mojo.sampling.told import Attributes, Design, State, Told
from mojo.study.optimize import Direction, SamplerName

optuna.logging.set_verbosity(optuna.logging.ERROR)

SAMPLERS: dict[SamplerName, str] = {
    "tpe": "TPESampler",
    "cmaes": "CmaEsSampler",
    "random": "RandomSampler",
    "nsgaii": "NSGAIISampler",
    "nsgaiii": "NSGAIIISampler",
    "qmc": "QMCSampler",
    "gp": "GPSampler",
    "grid": "GridSampler",
}
QUICK_TPE_FITS = "5.0."  # versions of Optuna that `mojo.sampling.tpe` is tested with; others have their own, slower
WHOLE_SEARCH = ("qmc", "grid")  # their seed decides on one order or sequence of all designs
OURS = ("seed", "search_space")  # options that follow from the study's other keys
OWN_OPTIONS: dict[SamplerName, dict[str, Any]] = {
    "cmaes": {"warn_independent_sampling": False},
    "qmc": {"warn_independent_sampling": False},
    "gp": {"deterministic_objective": False},
}
STUDY_ID = 0  # of the one study in a storage of its own
RELATIVE = "relative_params"  # part of the keys under which samplers pass on values within one batch
LIBRARIES: dict[SamplerName, str] = {"gp": "torch"}  # that come with mojo only when asked for
STATES: dict[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "failed": TrialState.FAIL,
    "pruned": TrialState.PRUNED,
}


@dataclass(frozen=True)
class Search:
    """How to search.

    Attributes:
        sampler: Name of the sampler.
        options: Keyword arguments for it.
        space: The search space.
        directions: "minimize" or "maximize" for each objective.
        nominal: Values of the first design, of all, some or none of the variables.
        seed: The study's seed.
    """

    sampler: SamplerName
    space: Space
    directions: Sequence[Direction]
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)
    nominal: Mapping[str, Any] = field(default_factory=dict)


def make_sampler(search: Search, batch: int) -> BaseSampler:
    """Return the sampler for one batch.

    Raises:
        StudyError: It does not take one of the options, or a library that it needs is not installed.
    """
    address = 0 if search.sampler in WHOLE_SEARCH else batch
    arguments: dict[str, Any] = {"seed": int(generator(search.seed, address, "", "sampler").integers(2**31))}
    arguments |= OWN_OPTIONS.get(search.sampler, {}) | dict(search.options)
    if search.sampler == "grid":
        arguments["search_space"] = {name: grid_values(variable) for name, variable in search.space.items()}
    sampler = getattr(optuna.samplers, SAMPLERS[search.sampler])
    known = [name for name in inspect.signature(sampler).parameters if name not in OURS]
    for name in search.options:
        if name not in known:
            raise StudyError(unknown("Option", name, known, owner=f"the sampler {search.sampler}"))
    if search.sampler in LIBRARIES:
        optional(LIBRARIES[search.sampler], f"The sampler {search.sampler}")
    if search.sampler == "tpe" and optuna.__version__.startswith(QUICK_TPE_FITS):
        from mojo.sampling import tpe  # reaches into Optuna, where another version may have other names

        sampler = tpe.BatchTPESampler
    try:
        with warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning):
            return sampler(**arguments)
    except (ValueError, TypeError) as error:
        raise StudyError(f"The sampler {search.sampler} cannot be made with {dict(search.options)}: {error}") from error


def grid_values(variable: optuna.distributions.BaseDistribution) -> list[Any]:
    """Return every value of a variable with finitely many."""
    if isinstance(variable, optuna.distributions.CategoricalDistribution):
        return list(variable.choices)
    assert isinstance(variable, optuna.distributions.IntDistribution | optuna.distributions.FloatDistribution)
    assert variable.step is not None
    count = round((variable.high - variable.low) / variable.step) + 1
    return [variable.low + number * variable.step for number in range(count)]


def ask(search: Search, told: Sequence[Told], batch: int, count: int, restart: int = 0) -> list[Design]:
    """Return the designs of a batch; the same ones, whenever it is called with the same arguments.

    Args:
        search: How to search.
        told: All designs of earlier batches, in order.
        batch: Number of the batch.
        count: How many designs to ask for.
        restart: Number of designs after which the space of `search` was new. Of those before it, only the ones
            inside of it count, and nothing that the sampler noted then.

    Raises:
        StudyError: The sampler cannot be made.
    """
    study, storage = _build(search, told, batch, restart)
    if batch == 0 and search.nominal:
        study.enqueue_trial(dict(search.nominal))
    before = dict(storage.get_study_system_attrs(STUDY_ID))
    designs = []
    for number in range(len(told), len(told) + count):
        trial = study.ask(search.space)
        after = dict(storage.get_study_system_attrs(STUDY_ID))
        own = {key: it for key, it in storage.get_trial_system_attrs(number).items() if RELATIVE not in key}
        new = {key: it for key, it in after.items() if before.get(key) != it}
        designs.append(Design(trial.params, Attributes(own, new)))
        before = after
    return designs


def rebuilt(search: Search, told: Sequence[Told]) -> optuna.Study:
    """Return Optuna's study of the designs so far, in memory."""
    return _build(search, told, batch=0, restart=0)[0]


def _build(search: Search, told: Sequence[Told], batch: int, restart: int) -> tuple[optuna.Study, InMemoryStorage]:
    """Return the study and its storage, in which a trial's id is its number."""
    storage = InMemoryStorage()
    study = optuna.create_study(
        storage=storage,
        sampler=make_sampler(search, batch),
        pruner=optuna.pruners.NopPruner(),
        directions=list(search.directions),
    )
    for number, one in enumerate(told):
        storage.create_new_trial(STUDY_ID, _as_trial(search.space, one, is_old=number < restart))
        for key, value in one.design.attributes.study.items() if number >= restart else ():
            storage.set_study_system_attr(STUDY_ID, key, value)
    return study, storage


class _Shared(FrozenTrial):
    """A trial that a storage in memory takes as it is, since copying 5,000 of them takes seconds."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Shared":
        return self


def _as_trial(space: Space, told: Told, is_old: bool) -> FrozenTrial:
    parameters = dict(told.design.parameters)
    inside = not is_old or contains(space, parameters)
    attributes = {} if is_old else dict(told.design.attributes.trial)
    is_complete = inside and told.state == "complete"
    trial = create_trial(
        state=STATES[told.state] if inside else TrialState.FAIL,
        values=list(told.values) if is_complete else None,
        params=parameters if inside else {},
        distributions=space if inside else {},
        system_attrs=attributes,
    )
    for name, value in told.constraints.items():
        trial.set_constraint(name, value)
    trial.__class__ = _Shared
    return trial
