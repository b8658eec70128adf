"""The telemetry file: streamed, complete after a kill, small."""

import os
import subprocess
import sys
import textwrap

import mujoco
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.telemetry import TelemetryWriter, recover, stream_parts

PENDULUM = """
<mujoco>
  <option timestep="0.001"/>
  <worldbody>
    <body name="arm"><joint name="hinge" axis="0 1 0"/><geom size=".1" pos="0 0 -.5" contype="0"/></body>
  </worldbody>
</mujoco>
"""


def pendulum():
    model = mujoco.MjModel.from_xml_string(PENDULUM)
    data = mujoco.MjData(model)
    data.qpos[0] = 1.0
    return model, data


def bare_positions(steps):
    model, data = pendulum()
    positions = []
    for _ in range(steps):
        positions.append(data.qpos[0])
        mujoco.mj_step(model, data)
    return [*positions, data.qpos[0]]


def script(body):
    """Run a script in a process of its own, which may kill itself; return the finished process."""
    code = f"import os, mujoco, psutil\nfrom mojo.runtime.manager import RuntimeManager\nXML = '''{PENDULUM}'''\n"
    code += "model = mujoco.MjModel.from_xml_string(XML)\ndata = mujoco.MjData(model)\ndata.qpos[0] = 1.0\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code + textwrap.dedent(body)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("steps", [10, 9000])
def test_short_and_long_runs_are_recorded_whole_and_leave_one_file(tmp_path, steps):
    model, data = pendulum()
    with RuntimeManager(telemetry=tmp_path / "telemetry.parquet") as rm:
        rm.run(model, data, steps * 0.001)
    table = pl.read_parquet(tmp_path / "telemetry.parquet")
    assert table.columns == ["time", "Joints/hinge:qpos", "Joints/hinge:qvel"]
    assert table["Joints/hinge:qpos"].to_list() == bare_positions(steps)
    assert [entry.name for entry in tmp_path.iterdir()] == ["telemetry.parquet"]


def test_signal_that_is_first_posted_late_is_null_before(tmp_path):
    model, data = pendulum()
    with RuntimeManager(telemetry=tmp_path / "telemetry.parquet") as rm:
        for step in range(10_000):
            if step >= 6000:
                rm.signals.post(step, "Late")
            if step >= 9000:
                rm.signals.post((step, 1), "Later")
            rm.step(model, data)
    table = pl.read_parquet(tmp_path / "telemetry.parquet")
    assert table["Late:value"].null_count() == 6000 + 1  # nothing was posted for the last state
    assert table["Late:value"][6000:10_000].to_list() == list(range(6000, 10_000))
    assert table["Later/value:0"].null_count() == 9000 + 1
    assert table["Joints/hinge:qpos"].to_list() == bare_positions(10_000)


def test_killed_run_keeps_what_was_flushed(tmp_path):
    killed = script(f"""
        rm = RuntimeManager(telemetry={str(tmp_path / "telemetry.parquet")!r})
        for step in range(15_000):
            rm.step(model, data)
        os._exit(9)
    """)
    assert killed.returncode == 9, killed.stderr
    assert not (tmp_path / "telemetry.parquet").exists()
    assert recover(tmp_path) == tmp_path / "telemetry.parquet"
    positions = pl.read_parquet(tmp_path / "telemetry.parquet")["Joints/hinge:qpos"].to_list()
    assert len(positions) >= 15_000 - 8192  # at most a block is lost
    assert positions == bare_positions(15_000)[: len(positions)]
    assert not stream_parts(tmp_path / "telemetry.parquet")


def test_half_written_tail_of_a_killed_run_is_left_out(tmp_path):
    path = tmp_path / "telemetry.parquet"
    writer = TelemetryWriter(path)
    for start in (0, 100):
        writer.append(pa.record_batch({"time": np.arange(start, start + 100.0)}))
    (part,) = stream_parts(path)
    os.truncate(part, part.stat().st_size - 50)
    assert recover(tmp_path) == path
    assert pl.read_parquet(path)["time"].to_list() == list(range(100))


def test_nothing_is_recovered_where_nothing_was_left(tmp_path):
    assert recover(tmp_path) is None
    (tmp_path / ".telemetry.0.arrows").write_bytes(b"\x00" * 5)
    assert recover(tmp_path) is None
    assert not any(tmp_path.iterdir())


def test_finished_file_wins_over_a_stream_that_was_not_cleaned_up(tmp_path):
    (tmp_path / ".telemetry.0.arrows").write_bytes(b"")
    pq.write_table(pa.table({"time": [1.0]}), tmp_path / "telemetry.parquet")
    recover(tmp_path)
    assert pl.read_parquet(tmp_path / "telemetry.parquet")["time"].to_list() == [1.0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["telemetry.parquet"]


def test_new_run_forgets_the_stream_of_a_killed_one(tmp_path):
    model, data = pendulum()
    (tmp_path / ".telemetry.0.arrows").write_bytes(b"from before")
    with RuntimeManager(telemetry=tmp_path / "telemetry.parquet") as rm:
        rm.step(model, data)
    assert [entry.name for entry in tmp_path.iterdir()] == ["telemetry.parquet"]


def test_memory_does_not_grow_with_the_length_of_a_run(tmp_path):
    done = script(f"""
        body = '<body><joint/><geom size=".1" contype="0"/></body>'
        model = mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{{25 * body}}</worldbody></mujoco>")
        process = psutil.Process()
        for steps in (20_000, 20_000, 20_000, 100_000):
            data = mujoco.MjData(model)
            with RuntimeManager(telemetry={str(tmp_path / "telemetry.parquet")!r}) as rm:
                for _ in range(steps):
                    rm.step(model, data)
            print(process.memory_info().rss / 1e6)
    """)
    # The first runs take what Python, Arrow and the allocators keep for good: 13 MB on some machines.
    *_, short, long = (float(line) for line in done.stdout.split())
    assert pq.read_metadata(tmp_path / "telemetry.parquet").num_columns == 51
    # 80,000 more rows of 51 columns are 33 MB; 8 MB is the allocators' slack.
    assert long < short + 8.0
    assert long < 300.0


def test_error_in_the_block_closes_the_file_with_the_rows_so_far(tmp_path):
    model, data = pendulum()
    with pytest.raises(ZeroDivisionError), RuntimeManager(telemetry=tmp_path / "telemetry.parquet") as rm:
        for _ in range(5000):
            rm.step(model, data)
        raise ZeroDivisionError
    assert pl.read_parquet(tmp_path / "telemetry.parquet").height == 5000
    assert [entry.name for entry in tmp_path.iterdir()] == ["telemetry.parquet"]


def test_manager_that_never_stepped_writes_nothing(tmp_path):
    with RuntimeManager(telemetry=tmp_path / "telemetry.parquet"):
        pass
    assert not any(tmp_path.iterdir())


def test_one_manager_follows_one_simulation(tmp_path):
    model, data = pendulum()
    with RuntimeManager() as rm:
        rm.step(model, data)
        with pytest.raises(ModelError, match="follows one mj_model and one mj_data"):
            rm.step(model, mujoco.MjData(model))
    with pytest.raises(ModelError, match="until it is closed"):
        rm.step(model, mujoco.MjData(model))


def test_a_forked_copy_that_goes_on_stepping_leaves_the_telemetry_to_the_run(tmp_path):
    model = mujoco.MjModel.from_xml_string(PENDULUM)
    data = mujoco.MjData(model)
    path = tmp_path / "run.parquet"
    copy = -1
    try:
        with RuntimeManager(telemetry=path) as manager:
            for step in range(10):
                if step == 5:
                    copy = os.fork()
                    data.qpos[0] += 1.0 if copy == 0 else 0.0
                manager.step(model, data)
            if copy:
                assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 7
    except TrialError as error:
        os._exit(7 if copy == 0 and "os.fork" in str(error) else 8)
    finally:
        if copy == 0:
            os._exit(9)
    recorded = pl.read_parquet(path)
    assert recorded.height == 11
    assert recorded["Joints/hinge:qpos"].abs().max() == pytest.approx(0.0, abs=0.1)  # which the copy has moved by 1 rad
