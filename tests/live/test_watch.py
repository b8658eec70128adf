import os
import platform
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mojo.errors import StudyError
from mojo.files import write_json
from mojo.live.watch import StudyWatch
from tests.live.conftest import end_batch, end_trial


def watch_of(layout) -> StudyWatch:
    return StudyWatch(layout, check=lambda path: None)


def test_trials_are_counted_from_tables_and_from_folders(half):
    state = watch_of(half).look()
    assert (state["planned"], state["done"]) == (6, 4)
    assert state["outcomes"] == {"success": 3, "failed": 1}
    assert state["failures"] == [
        {
            "trial": 1,
            "outcome": "failed",
            "stage": "simulate",
            "error": "ValueError: it broke",
            "folder": "trials/000001",
        }
    ]
    assert state["report"]["path"] == "report.html" and state["films"] == [
        {"trial": 2, "name": "film", "path": "trials/000002/film.mp4", "poster": "trials/000002/film.jpg"}
    ]


def test_a_second_look_reads_only_what_has_changed(half, monkeypatch):
    read = []
    watch = watch_of(half)
    watch.look()
    monkeypatch.setattr(
        "mojo.live.watch.read_status", lambda trial: read.append(trial.number) or {"outcome": "success"}
    )
    monkeypatch.setattr("mojo.trial.tables.read_table", lambda path, columns: pytest.fail("the table has not changed"))
    assert watch.look()["done"] == 4 and read == []
    monkeypatch.undo()
    end_trial(half, 4)
    assert watch.look()["done"] == 5


def test_a_batch_whose_table_is_gone_is_read_from_its_folders_again(half):
    watch = watch_of(half)
    watch.look()
    half.table("scores", 0).unlink()
    end_trial(half, 1)
    assert watch.look()["outcomes"] == {"success": 4}
    end_batch(half, 0, [end_trial(half, number) for number in range(3)])
    assert watch.look()["outcomes"] == {"success": 4}


def test_the_time_left_follows_from_the_trials_of_this_run(half):
    half.lock.write_text(f"process 1 on {platform.node()}\n")  # older than this test
    now = time.time()
    os.utime(half.lock, (now - 10, now - 10))
    for number in (3, 4, 5):
        end_trial(half, number) if number < 5 else None
    for number, ago in ((0, 9), (1, 6), (2, 3), (3, 100)):  # trial 3 is of a run before
        os.utime(half.trial(number).status, (now - ago, now - ago))
    half.table("scores", 0).unlink()
    os.utime(half.trial(4).status, (now - 1, now - 1))
    state = watch_of(half).look()
    assert state["running"] and state["done"] == 5
    assert state["rate"] == pytest.approx(4 / 10, rel=0.2)  # trials 0, 1, 2 and 4 in 10 s
    assert state["left"] == pytest.approx(1 / 0.4, rel=0.2)


def test_without_a_living_process_nothing_runs(half):
    assert not watch_of(half).look()["running"]
    half.lock.write_text(f"process {2**22 + 1} on {platform.node()}\n")
    assert not watch_of(half).look()["running"]
    half.lock.write_text("process 1 on another-machine\n")  # a trial has just changed
    assert watch_of(half).look()["running"]


def test_a_study_that_cannot_be_read_says_why(half):
    write_json(half.study, {"study": 3})
    assert "was it written by another version of mojo" in watch_of(half).look()["problem"]

    def refuse(path):
        raise StudyError(f"{path.name} is a link")

    assert StudyWatch(half, refuse).look()["problem"] == "study.json is a link"


def test_a_study_that_ended_early_asks_for_the_trials_that_it_has(begin):
    layout = begin()
    end_batch(layout, 0, [end_trial(layout, number) for number in range(3)])
    for batch, trials in enumerate(([0, 1, 2], [])):
        layout.table("design", batch).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"trial": pa.array(trials, pa.int64())}), layout.table("design", batch))
    watch = watch_of(layout)
    assert watch.look()["planned"] == 6  # it may still go on
    write_json(layout.complete, {"requirements": {}})
    state = watch.look()
    assert (state["done"], state["planned"], state["at_most"]) == (3, 3, 6)
    frozen = layout.study.stat()
    os.utime(layout.study, (frozen.st_atime, layout.complete.stat().st_mtime + 1))
    assert watch.look()["planned"] == 6  # more was asked for
