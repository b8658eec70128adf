"""`python -m mojo init` writes a small study that runs."""

import shlex
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mojo.commands.init import write_starter
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from tests.commands.conftest import Command


def test_the_starter_runs_to_its_report_with_the_command_that_init_prints(mojo: Command, tmp_path: Path):
    output = mojo("init", tmp_path / "my own")
    words = shlex.split(output.splitlines()[-1].removeprefix("run it with: "))
    assert words[0] == "snakemake"
    subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True, timeout=300, cwd=tmp_path)
    layout = StudyLayout(tmp_path / "results" / "ball")
    assert layout.report.exists()
    trials = pl.read_parquet(layout.trials_table)
    assert trials["outcome"].to_list() == ["success"] * 20
    # the ball falls from its centre's height h to its radius 0.05 m: t = sqrt(2·(h - 0.05)/g), g = 9.81 m/s²;
    # it is there within the contact's few ms, and bounces back to less than the height it came from
    fall = (2 * (trials["height"] - 0.05) / 9.81).sqrt()
    assert ((trials["hit_time"] - fall).abs() < 0.03).all()
    assert (trials["objective"] < trials["height"] - 0.05).all()
    assert (trials["objective"] > 0).all()


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_starter(tmp_path)
    (tmp_path / "ball.yaml").unlink()
    (tmp_path / "ball.py").write_text("# mine\n")
    with pytest.raises(StudyError, match=r"ball.py exists already; nothing was written. Choose another folder."):
        write_starter(tmp_path)
    assert (tmp_path / "ball.py").read_text() == "# mine\n"
    assert not (tmp_path / "ball.yaml").exists()
    assert "wrote" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=r"file cannot be written: .*\. Choose another folder\."):
        write_starter(tmp_path / "file")
