"""A worker does not grow with its trials, in any engine, stage and kind of study."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRIALS, MOST_BYTES = 2000, 1000
PAIRS = [("monte-carlo", "vectorized"), ("sweep", "rolled out"), ("optimize", "stepped"), ("population", "loop")]


@pytest.mark.parametrize(("kind", "engine"), PAIRS)
def test_a_worker_is_as_large_after_many_trials_as_after_few(tmp_path: Path, kind: str, engine: str):
    command = [sys.executable, "-m", "tests.trial.memory", str(tmp_path), kind, engine, str(TRIALS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    grown = json.loads(done.stdout.splitlines()[-1])
    assert grown.pop("engine") == ("loop" if engine == "loop" else "batch")
    assert max(grown.values()) < MOST_BYTES, grown  # bytes a trial
