"""Design: the parameter values of the trials of a batch."""

from mojo.layout import StudyLayout
from mojo.sampling.designs import sample
from mojo.study.frozen import read_frozen
from mojo.trial.tables import write_arrow


def write_design(layout: StudyLayout, batch: int) -> None:
    """Write the design table of a batch: trial, seed, and a column for each parameter."""
    frozen = read_frozen(layout)
    study = frozen.study
    assert isinstance(study.overrides, dict)
    frame = sample(
        study.parameters,
        study.design,
        frozen.seed,
        frozen.n_trial,
        frozen.trials(batch),
        study.nominal_trial,
        study.overrides,
    )
    write_arrow(layout.table("design", batch), frame.to_arrow(), units=frozen.units)
