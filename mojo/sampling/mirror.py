"""A copy of a search in an Optuna storage, for optuna-dashboard. The tables stay the truth; nobody reads the copy."""

from collections.abc import Sequence
from pathlib import Path

import optuna
import polars as pl
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from mojo.errors import StudyError
from mojo.sampling.history import designs_table, told
from mojo.sampling.search import Search, rebuilt
from mojo.sampling.space import space_of
from mojo.sampling.told import Told
from mojo.study.frozen import FrozenStudy
from mojo.study.optimize import OptimizeStudy

FIRST_TRIAL, BATCH = "first trial", "batch"


def mirror(frozen: FrozenStudy, trials: pl.DataFrame) -> int:
    """Copy the designs that the study's `storage` does not hold yet, and return how many these were.

    Args:
        frozen: The study; its name is the copy's.
        trials: Designs and scores of all trials whose batches are scored.

    Raises:
        StudyError: The storage cannot be opened or written, or holds another study of that name.
    """
    study = frozen.study
    assert isinstance(study, OptimizeStudy) and study.storage is not None
    history = told(study, designs_table(study, trials))
    try:
        copy = optuna.create_study(
            storage=open_storage(study.storage),
            study_name=study.name,
            directions=list(study.directions),
            load_if_exists=True,
        )
        return _add(frozen, study, copy, history)
    except StudyError:
        raise
    except Exception as error:  # whatever a database's driver raises
        reason = " ".join(str(error).split("\n")[0].split())
        raise StudyError(f"storage: {study.storage} cannot be written: {type(error).__name__}: {reason}") from error


def open_storage(place: str) -> BaseStorage:
    """Return the storage at a database's URL, or else in a file that is written as Optuna's journal."""
    if "://" in place:
        return RDBStorage(place)
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(place))


def _add(frozen: FrozenStudy, study: OptimizeStudy, copy: optuna.Study, history: Sequence[Told]) -> int:
    there = copy.get_trials(deepcopy=False)
    for known, one in zip(there, history, strict=False):
        values = list(one.values) if one.state == "complete" else None
        if known.params != dict(one.design.parameters) or known.values != values:
            raise StudyError(
                f"storage: {study.storage} holds another study named '{study.name}': its trial {known.number} differs. "
                f"Delete it, or give another storage; the copy is left as it is."
            )
    search = Search("random", space_of(study.searched), study.directions, seed=frozen.seed)
    for trial in rebuilt(search, history).get_trials()[len(there) :]:
        trial.set_user_attr(FIRST_TRIAL, trial.number * study.evals_per_trial)
        trial.set_user_attr(BATCH, trial.number // study.batch)
        copy.add_trial(trial)
    return max(0, len(history) - len(there))
