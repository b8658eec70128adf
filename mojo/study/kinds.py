"""The kinds of study.

To add one:

1. its keys: a subclass of `StudyBase` in a module of its own, and a line in `KINDS` here;
2. its design: a module with the functions of `mojo.sampling.kinds.Sampler`, and a line in `SAMPLERS` there;
3. its part of the report: sections of its own, and a line in `OF_KIND` of `mojo.report.sections`.

Everything else, from the models to SLURM, serves all kinds alike.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from mojo.study.base import StudyBase
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.study.optimize import OptimizeStudy
from mojo.study.population import PopulationStudy
from mojo.study.sweep import SweepStudy

KINDS: dict[str, type[StudyBase]] = {
    "monte-carlo": MonteCarloStudy,
    "sweep": SweepStudy,
    "optimize": OptimizeStudy,
    "population": PopulationStudy,
}


def _of_its_kind(study: Any) -> Any:
    if isinstance(study, Mapping):
        kind = study.get("kind")
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a kind of study. There is: {', '.join(KINDS)}")
        return KINDS[kind].model_validate(study)
    return study


Study = Annotated[SerializeAsAny[StudyBase], BeforeValidator(_of_its_kind)]
"""A study of any kind, which pydantic reads as the class of its `kind`."""
