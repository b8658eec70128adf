"""The design of an optimize study: what `mojo.sampling.search` says of designs and trials, as rows of tables."""

from typing import Any

import polars as pl

from mojo.sampling.designs import sample
from mojo.sampling.history import CONFIRMED, SEARCHED, designs_table, notes_text, ranking, told
from mojo.sampling.schema import column_types, polars_type
from mojo.sampling.search import Search, ask, make_sampler
from mojo.sampling.space import Space, shrunk, space_of
from mojo.sampling.told import Told
from mojo.study.base import StudyBase
from mojo.study.frozen import FrozenStudy
from mojo.study.optimize import OptimizeStudy


def trial_count(study: StudyBase) -> int | None:
    """Return None: the study must say how many designs to try."""
    return None


def advice(frozen: FrozenStudy) -> list[str]:
    """Return no advice, after making sure that the sampler can be made.

    Raises:
        StudyError: The sampler does not take an option, or needs a library that is not there.
    """
    make_sampler(_search(frozen, space_of(_study(frozen).searched)), batch=0)
    return []


def design_rows(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the rows of the trials of a batch, or of the first few of batch 0.

    Each row has, beside trial, seed and the study's columns, `evaluation`, the address of its draws; `design_id`;
    `phase`, "search" or "confirm"; and `sampler_notes`, what the sampler noted with the design. A confirmation has
    fewer rows than trials where fewer designs than asked for have a score.
    """
    study = _study(frozen)
    if trials.start >= study.search_trials:
        assert earlier is not None
        return _confirmation(frozen, trials, earlier)
    k = study.evals_per_trial
    batch = trials.start // (study.batch * k)
    history = told(study, designs_table(study, earlier)) if earlier is not None else []
    space, restart = space_of_batch(study, history, frozen.n_trial_before, batch)
    count = -(-(trials.stop - study.batch * k * batch) // k)
    designs = ask(_search(frozen, space), history, batch, count, restart)
    texts, rows = notes_text(designs), []
    draws = _draws(frozen, range(k), nominal=k == 1)
    for trial in trials:
        place = trial // k - batch * study.batch
        labels = {"design_id": trial // k, "phase": SEARCHED, "sampler_notes": texts[place]}
        rows.append(
            dict(designs[place].parameters) | draws[trial % k] | labels | {"trial": trial, "evaluation": trial % k}
        )
    return _frame(frozen, rows)


def _confirmation(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame) -> pl.DataFrame:
    study = _study(frozen)
    assert study.confirm is not None
    best = ranking(study, designs_table(study, earlier)).head(study.confirm.best).to_dicts()
    n, k = study.confirm.n_trial, study.evals_per_trial
    draws = _draws(frozen, range(k, k + n), nominal=False)
    rows = []
    for trial in trials:
        rank, number = divmod(trial - study.search_trials, n)
        if rank < len(best):
            values = {name: best[rank][name] for name in study.searched} | draws[number]
            labels = {"design_id": best[rank]["design_id"], "phase": CONFIRMED, "sampler_notes": None}
            rows.append(values | labels | {"trial": trial, "evaluation": k + number})
    return _frame(frozen, rows)


def space_of_batch(
    study: OptimizeStudy, history: list[Told], n_trial_before: tuple[int, ...], batch: int
) -> tuple[Space, int]:
    """Return the search space of a batch, and the number of designs after which it became that.

    Args:
        study: The study.
        history: All designs of earlier batches.
        n_trial_before: The n_trial that the study had each time before it was raised, ascending.
        batch: Number of the batch.
    """
    space, restart = space_of(study.searched), 0
    if study.refine_search_factor is None:
        return space, restart
    sign = -1 if study.directions[0] == "maximize" else 1
    for count in n_trial_before:
        scored = [one for one in history[:count] if one.state == "complete"]
        kept = [one for one in scored if all(value <= 0 for value in one.constraints.values())]
        if count <= batch * study.batch and kept:
            best = min(kept, key=lambda one: sign * one.values[0])
            space, restart = shrunk(space, best.design.parameters, study.refine_search_factor), count
    return space, restart


def _study(frozen: FrozenStudy) -> OptimizeStudy:
    assert isinstance(frozen.study, OptimizeStudy)
    return frozen.study


def _search(frozen: FrozenStudy, space: Space) -> Search:
    study = _study(frozen)
    nominal = {name: spec.nominal for name, spec in study.searched.items() if spec.nominal is not None}
    return Search(
        sampler=study.sampler,
        space=space,
        directions=study.directions,
        seed=frozen.seed,
        options=study.sampler_options,
        nominal={} if study.sampler == "grid" else nominal,
    )


def _draws(frozen: FrozenStudy, numbers: range, nominal: bool) -> list[dict[str, Any]]:
    """Return the uncertain values of some evaluations."""
    study = _study(frozen)
    assert isinstance(study.overrides, dict)
    design = study.design if numbers.start == 0 else "random"
    frame = sample(study.parameters, design, frozen.seed, numbers.stop, numbers, nominal, study.overrides)
    return frame.drop("trial", "seed").to_dicts() if study.parameters else [{} for _ in numbers]


def _frame(frozen: FrozenStudy, rows: list[dict[str, Any]]) -> pl.DataFrame:
    study = _study(frozen)
    assert isinstance(study.overrides, dict)
    fixed = {name: spec.fit(study.overrides[name]) for name, spec in study.variables.items() if name in study.overrides}
    types: dict[str, pl.DataType] = {"trial": pl.Int64(), "seed": pl.Int64()}
    types |= {name: polars_type(spec.element, is_list=False) for name, spec in study.variables.items()}
    types |= column_types(study.parameters)
    types |= {"evaluation": pl.Int64(), "design_id": pl.Int64(), "phase": pl.String(), "sampler_notes": pl.String()}
    return pl.DataFrame([row | fixed | {"seed": frozen.seed} for row in rows], schema=types)
