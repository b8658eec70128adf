"""The design of a sweep: its cells in order, with the first seed, then with the second, and so on."""

import polars as pl

from mojo.errors import StudyError
from mojo.sampling.schema import polars_type
from mojo.study.base import StudyBase
from mojo.study.experiments import Cell, column_type
from mojo.study.frozen import FrozenStudy
from mojo.study.sweep import SweepStudy


def trial_count(study: StudyBase) -> int | None:
    """Return the number of cells times that of seeds."""
    assert isinstance(study, SweepStudy)
    return len(study.cells) * study.evals_per_trial


def design_rows(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the values of some trials; trial t is cell t mod n with seed number t // n, where n is the cells' number.

    Raises:
        StudyError: An override is of another type than its parameter.
    """
    study = frozen.study
    assert isinstance(study, SweepStudy) and isinstance(study.overrides, dict)
    cells = study.cells
    chosen = [(*cells[trial % len(cells)], trial // len(cells)) for trial in trials]
    counted = study.evals_per_trial > 1
    return pl.DataFrame(
        [
            pl.Series("trial", list(trials), dtype=pl.Int64),
            pl.Series("seed", [frozen.seed] * len(trials), dtype=pl.Int64),
            pl.Series("evaluation", [evaluation for _, _, evaluation in chosen], dtype=pl.Int64),
            pl.Series("experiment", [experiment for experiment, _, _ in chosen], dtype=pl.String),
            pl.Series(
                "name",
                [f"{cell.name} #{evaluation + 1}" if counted else cell.name for _, cell, evaluation in chosen],
                dtype=pl.String,
            ),
            *(
                _column(study, name, [cell.values[name] for _, cell, _ in chosen], cells)
                for name in study.parameter_columns()
            ),
        ]
    )


def advice(frozen: FrozenStudy) -> list[str]:
    """Return nothing: whatever a sweep runs was written down by its author."""
    return []


def _column(study: SweepStudy, name: str, values: list[object], cells: list[tuple[str, Cell]]) -> pl.Series:
    """Return a parameter's column; all batches agree on its type, and an override wins."""
    assert isinstance(study.overrides, dict)
    overrides = [study.overrides[name]] if name in study.overrides else []
    try:
        element, is_list = column_type(name, [*(cell.values[name] for _, cell in cells), *overrides])
    except ValueError as error:
        raise StudyError(f"overrides: {error}.") from error
    given = overrides * len(values) or values
    return pl.Series(name, given, dtype=polars_type(element, is_list), strict=False)
