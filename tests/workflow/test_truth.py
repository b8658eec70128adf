"""Folder, table and physics agree to the last digit."""

import mujoco
import numpy as np
import polars as pl

from tests.workflow.conftest import RunningStudy


def test_the_model_in_the_folder_is_what_the_table_says_and_what_was_simulated(study: RunningStudy):
    study.run()
    for row in study.table().iter_rows(named=True):
        trial = study.layout.trial(row["trial"])
        model = mujoco.MjModel.from_xml_path(str(trial.model))
        data = mujoco.MjData(model)
        assert model.body("mass").mass[0] == row["mass"]
        telemetry = pl.read_parquet(trial.telemetry)
        data.qpos[0] = 0.5
        for time, qpos, qvel in telemetry.select("time", "Joints/slide:qpos", "Joints/slide:qvel").iter_rows():
            assert (time, qpos, qvel) == (data.time, data.qpos[0], data.qvel[0])  # every bit
            mujoco.mj_step(model, data)


def test_a_named_value_is_read_back_from_the_model(study: RunningStudy):
    # the ball is the body's only mass, so the body has what the ball was given: twice the parameter
    study.edit_module(
        '    spec.geom("ball").mass = mojo_model["mass"]\n',
        "    spec.geom('ball').mass = 2 * mojo_model['mass']\n"
        "    total = 2 * mojo_model['mass'] * (1 + 1e-9)\n"
        "    mojo_model.named.set('total', total, unit='kg', element='Bodies/mass:mass')\n",
    )
    study.run()
    table = study.table()
    assert table["total"].to_list() == (2 * table["mass"]).to_list()


def test_a_named_value_that_the_model_contradicts_is_an_error(study: RunningStudy):
    study.edit_module(
        "    mojo_model.spec = spec\n",
        "    mojo_model.named.set('total', 99.0, element='Bodies/mass:mass')\n    mojo_model.spec = spec\n",
    )
    output = study.run(ok=False)
    assert "Named value 'total' says 99.0, but the compiled model has" in output


def test_an_objective_sees_the_end_of_the_run(study: RunningStudy):
    study.run()
    for trial, objective in study.table().select("trial", "objective").iter_rows():
        telemetry = pl.read_parquet(study.layout.trial(trial).telemetry)
        assert objective == telemetry["Joints/slide:qpos"][-1]


def test_the_spring_swings_as_physics_says(study: RunningStudy):
    study.run()
    table = study.table()
    telemetry = pl.read_parquet(study.layout.trial(3).telemetry)
    omega = np.sqrt(10.0 / table["mass"][3])  # stiffness 10 N/m
    expected = 0.5 * np.cos(omega * telemetry["time"].to_numpy())
    # semi-implicit Euler is of first order: an error of about amplitude · ω² · dt · t / 2
    np.testing.assert_allclose(telemetry["Joints/slide:qpos"], expected, atol=0.5 * omega**2 * 0.01 * 0.2)


def test_each_worker_keeps_numeric_libraries_to_one_thread(study: RunningStudy):
    study.edit_module('    return {"objective"', '    return {"threads": os.environ["OMP_NUM_THREADS"], "objective"')
    study.run()
    assert study.table()["threads"].unique().to_list() == ["1"]
