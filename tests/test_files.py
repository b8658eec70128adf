"""A file is written whole or not at all: readers see the old one, the new one or none."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from mojo import files


def test_a_block_that_raises_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "table"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_appears_under_its_name_when_the_block_ends(tmp_path: Path):
    path = tmp_path / "deep" / "folder" / "table"
    with files.replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # a rename within a folder is atomic
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_name_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path):
    (tmp_path / "table").mkdir()
    with pytest.raises(OSError):
        files.write_text(tmp_path / "table", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def write_slowly(path: Path) -> None:
    with files.replacing(path) as temporary, temporary.open("w") as stream:
        stream.write("half")
        stream.flush()
        time.sleep(60)


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "table"
    path.write_text("old")
    writer = multiprocessing.get_context("fork").Process(target=write_slowly, args=(path,))
    writer.start()
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.005)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    "value", [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 2**63 - 1, "Ω·m", [None, True, {"a": -0.0}]]
)
def test_json_comes_back_to_the_last_bit(tmp_path: Path, value: object):
    files.write_json(tmp_path / "value.json", value)
    found = files.read_json(tmp_path / "value.json")
    assert (found, type(found)) == (value, type(value))
    assert repr(found) == repr(value)  # -0.0 == 0.0
