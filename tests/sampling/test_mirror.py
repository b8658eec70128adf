"""The copy for optuna-dashboard."""

import sqlite3
from pathlib import Path

import optuna
import polars as pl
import pytest

from mojo.errors import StudyError
from mojo.sampling.mirror import mirror, open_storage
from tests.sampling.test_optimize import K, frozen, scored, whole


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    return {"journal": str(tmp_path / "copies" / "search.log"), "database": f"sqlite:///{tmp_path}/search.db"}


def rows() -> pl.DataFrame:
    """Return all trials of a search, a trial of whose design 5 failed."""
    failed = pl.when(pl.col("trial") == 5 * K + 1).then(pl.lit("failed")).otherwise("outcome").alias("outcome")
    return scored(pl.concat(whole(frozen()))).with_columns(failed)


@pytest.mark.parametrize("kind", ["journal", "database"])
def test_every_design_arrives_once_with_what_became_of_it(places: dict[str, str], kind: str):
    study = frozen(storage=places[kind])
    assert mirror(study, rows().head(8 * K)) == 8
    assert mirror(study, rows()) == 4
    assert mirror(study, rows()) == 0
    copy = optuna.load_study(study_name="legs", storage=open_storage(places[kind]))
    means = (
        rows().group_by("design_id", maintain_order=True).agg(pl.col("stiffness").first(), pl.col("objective").mean())
    )
    for trial, (number, stiffness, objective) in zip(copy.trials, means.iter_rows(), strict=True):
        assert trial.params["stiffness"] == stiffness
        assert trial.user_attrs["first trial"] == number * K
        if number == 5:
            assert trial.state == optuna.trial.TrialState.FAIL
        else:
            assert trial.value == pytest.approx(objective, rel=1e-12)


def test_another_study_of_that_name_is_left_alone(places: dict[str, str]):
    mirror(frozen(storage=places["database"]), rows())
    with pytest.raises(StudyError, match="holds another study named 'legs': its trial 0 differs"):
        mirror(frozen(storage=places["database"], seed=4), scored(pl.concat(whole(frozen(seed=4)))))
    assert len(optuna.load_study(study_name="legs", storage=places["database"]).trials) == 12


def test_a_storage_that_is_not_there_says_so(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/no/such/folder/search.db"
    with pytest.raises(StudyError, match=r"storage: sqlite:///.* cannot be written: "):
        mirror(frozen(storage=url), rows())


def test_a_locked_database_says_so(places: dict[str, str], tmp_path: Path):
    mirror(frozen(storage=places["database"]), rows().head(8 * K))
    with sqlite3.connect(tmp_path / "search.db") as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StudyError, match=r"cannot be written: .*"):
            mirror(frozen(storage=places["database"] + "?timeout=0.2"), rows())
