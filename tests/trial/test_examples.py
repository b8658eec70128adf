"""Every study under config/ can run: its functions are there, its first trials can be built, its program is found."""

from pathlib import Path

import pytest

from mojo.campaign.freezing import settle
from mojo.study.frozen import FrozenStudy
from mojo.study.loading import load_study
from mojo.trial.preflight import preflight

CONFIG = Path(__file__).resolve().parents[2] / "config"
STUDIES = sorted(path for path in CONFIG.glob("*.yaml") if "name:" in path.read_text())


@pytest.mark.parametrize("file", STUDIES, ids=lambda path: path.stem)
def test_the_example_can_run(file: Path):
    study = settle(load_study(file), None)
    preflight(FrozenStudy(study=study, study_file=str(file), code={}, inputs={}, digests={}, units={}))


def test_there_is_an_example_of_each_kind():
    kinds = {load_study(file).kind for file in STUDIES}
    assert kinds == {"monte-carlo", "sweep", "optimize", "population"}
