"""Random numbers in a study: every trial and stage has its own, whatever runs beside it and wherever."""

import os
import subprocess
import sys

import polars as pl
import pytest

from mojo.commands.replay import replay_trial
from tests.workflow.conftest import RunningStudy, small_study

IMPORTS = """import random
import numpy as np
AT_IMPORT = np.random.random(), random.random()
OWN = np.random.default_rng(7)
"""
GENERATE = """    mojo_model.named.set("generated", [np.random.random(), random.random(), OWN.random()])
    mojo_model.named.set("imported", list(AT_IMPORT))
"""
RUN = """
def run(mojo_model, runtime_manager, mj_model, mj_data):
    mojo_model.named.set("ran", [np.random.random(), random.random()])
    while mj_data.time < 0.2:
        mj_data.qfrc_applied[0] = np.random.normal() + random.gauss(0, 1)
        runtime_manager.signals.post(np.random.random(), "Noise")
        runtime_manager.step(mj_model, mj_data)


"""
OBJECTIVE = """    drawn = {"scored_numpy": np.random.random(), "scored_python": random.random()}
    return drawn | {"objective": float(mj_data.qpos[0]), """
CHECK = """

def check(mojo_model, telemetry, mj_model, mj_data):
    print("judged", np.random.random(), random.random())
    return True
"""
VECTORIZED = """from mojo import vectorized


@vectorized
def run(mojo_models, runtime_manager, mj_models, batch):
    amounts = np.array([mojo_model["mass"] for mojo_model in mojo_models])
    while batch.time[0] < 0.2:
        batch.qpos[:, 0] += runtime_manager.rng("kick").normal(0.0, 0.01 * amounts)
        aim = runtime_manager.rng("aim").uniform(size=3)
        runtime_manager.signals.post(aim, "Aim")
        runtime_manager.step(mj_models, batch)


"""
LOOP = """
def run(mojo_model, runtime_manager, mj_model, mj_data):
    while mj_data.time < 0.2:
        mj_data.qpos[0] += runtime_manager.rng("kick").normal(0.0, 0.01 * mojo_model["mass"])
        aim = mojo_model.rng("aim").uniform(size=3)
        runtime_manager.signals.post(aim, "Aim")
        runtime_manager.step(mj_model, mj_data)


"""


def set_runtime(study: RunningStudy, source: str) -> None:
    text = study.module.read_text()
    begin = (
        text.index("from mojo import vectorized") if "from mojo import vectorized" in text else text.index("def run(")
    )
    study.edit_module(text[begin : text.index("def objective(")], source)


def judged(study: RunningStudy) -> list[float]:
    lines = [study.layout.trial(trial).log.read_text().splitlines() for trial in range(6)]
    return [float(word) for trial in lines for line in trial if line.startswith("judged") for word in line.split()[1:]]


def numbers(table: pl.DataFrame, *columns: str) -> list[float]:
    found = [table[name].to_list() for name in columns]
    return [number for column in found for cell in column for number in (cell if isinstance(cell, list) else [cell])]


def test_global_numbers_are_distinct_and_independent_of_cores_and_batches(tmp_path, capsys):
    studies = []
    for cores, size in ((2, 2), (1, 6)):
        (tmp_path / str(cores)).mkdir()
        study = small_study(tmp_path / str(cores))
        study.edit_module("import os, signal, time\n", "import os, signal, time\n" + IMPORTS)
        study.edit_module("    mojo_model.spec = spec\n", "    mojo_model.spec = spec\n" + GENERATE)
        study.edit_module('    return {"objective": float(mj_data.qpos[0]), ', OBJECTIVE)
        study.module.write_text(study.module.read_text() + CHECK)
        set_runtime(study, RUN)
        study.write(batch_size=size, requirements={"all": {"function": "code/spring.py:check"}})
        study.run(cores=cores)
        studies.append(study)
    first, second = (study.table() for study in studies)
    drawn = ("generated", "ran", "scored_numpy", "scored_python")
    assert len(set(numbers(first, *drawn)) | set(judged(studies[0]))) == 6 * 9
    assert numbers(first, *drawn, "imported", "objective") == numbers(second, *drawn, "imported", "objective")
    assert judged(studies[0]) == judged(studies[1])
    assert len(set(numbers(first, "imported"))) == 2  # drawn once a process, the same in each
    assert replay_trial(studies[0].layout.root, 3, view=False)
    assert "trial 000003: telemetry is bit-identical" in capsys.readouterr().out
    studies[0].write(seed=8)
    studies[0].run()
    assert set(numbers(studies[0].table(), *drawn)).isdisjoint(numbers(first, *drawn))


SETS = """
import random
import numpy as np
PARTS = {"arm", "leg", "head", "tail", "wing", "fin"}
"""
AT_EACH = '    mojo_model.named.set("{name}", {{part: {draw} for part in PARTS}}["arm"])\n'


def test_what_is_drawn_for_each_element_of_a_set_is_the_same_in_every_run(tmp_path, capfd):
    tables = []
    for cores in (1, 2):
        (tmp_path / str(cores)).mkdir()
        study = small_study(tmp_path / str(cores))
        study.edit_module("import os, signal, time\n", "import os, signal, time\n" + SETS)
        drawn = AT_EACH.format(name="generated", draw="np.random.random()")
        study.edit_module("    mojo_model.spec = spec\n", "    mojo_model.spec = spec\n" + drawn)
        ran = (
            AT_EACH.format(name="ran", draw='mojo_model.rng("kick").normal()')
            + '    mj_data.qpos[0] = mojo_model["ran"]\n'
        )
        study.edit_module("    mj_data.qpos[0] = 0.5\n", ran)
        study.run(cores=cores)
        tables.append(study.table())
    for name in ("generated", "ran", "objective"):
        assert tables[0][name].to_list() == tables[1][name].to_list()
    command = [sys.executable, "-m", "mojo", "replay", str(study.layout.root), "3"]
    for seed in ("random", "7"):
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed})
        assert "trial 000003: telemetry is bit-identical" in capfd.readouterr().out


def test_a_vectorized_runtime_draws_for_each_trial_what_it_would_draw_alone(study: RunningStudy):
    study.edit_module("import os, signal, time\n", "import os, signal, time\nimport numpy as np\n")
    set_runtime(study, LOOP)
    study.run()
    alone = [pl.read_parquet(study.layout.trial(trial).telemetry) for trial in range(6)]
    set_runtime(study, VECTORIZED)
    study.write(batch_size=6)
    study.run()
    assert study.table()["engine"].to_list() == ["batch"] * 6
    for trial, telemetry in enumerate(alone):
        beside = pl.read_parquet(study.layout.trial(trial).telemetry)
        assert beside.equals(telemetry)
        assert beside["Aim/value:x"].drop_nulls().n_unique() == 20
    assert replay_trial(study.layout.root, 3, view=False)


@pytest.mark.parametrize(
    "draw", ["np.random.normal(size=len(mj_models))", "__import__('random').gauss(0, 0.01)", "OWN.normal()"]
)
def test_a_vectorized_runtime_that_draws_for_all_trials_together_is_refused(study: RunningStudy, draw: str):
    study.edit_module("import os, signal, time\n", "import os, signal, time\n" + IMPORTS)
    set_runtime(study, VECTORIZED.replace('runtime_manager.rng("kick").normal(0.0, 0.01 * amounts)', draw))
    output = study.run(ok=False)
    assert study.table()["outcome"].to_list() == ["failed"] * 6
    assert "The @vectorized runtime drew from " in study.table()["error"][0]
    assert "Draw with runtime_manager.rng(name)" in output


def test_a_load_that_draws_from_global_numbers_takes_the_loop_engine(study: RunningStudy):
    study.edit_module("import os, signal, time\n", "import os, signal, time\nimport numpy as np\n")
    noisy = """    from mojo import VectorForce
    spec.body("mass").add_site(name="middle")
    mojo_model.loads = [VectorForce(name="push", action_site="middle", force=(noise, 0.0, 0.0))]
    mojo_model.spec = spec
"""
    study.edit_module("    mojo_model.spec = spec\n", noisy)
    study.module.write_text(
        study.module.read_text() + "\n\ndef noise(time, model, data):\n    return np.random.normal()\n"
    )
    study.write(runtime=None, duration=0.2, batch_size=6)
    output = study.run()
    assert "the load 'push' calls noise, which is not vectorised: it draws from numpy.random" in output
    first = study.table()["objective"].to_list()
    assert len(set(first)) == 6
    study.write(batch_size=6, engine="loop")
    study.run()
    assert study.table()["objective"].to_list() == first
