"""A batch that was run by hand is taken as it is, and is made again when the study has changed since."""

import subprocess
import sys

from tests.workflow.conftest import RunningStudy


def by_hand(study: RunningStudy, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mojo", "simulate", str(study.layout.root), "--batch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=study.folder)


def test_a_batch_by_hand_is_the_batch_of_the_rules(study: RunningStudy):
    study.run("--until", "design")
    for batch in range(3):
        result = by_hand(study, str(batch), "--cores", "1")
        assert f"batch {batch}: 2 trials: 2 success" in result.stdout, result.stderr
    assert "2 trials: 2 success" in by_hand(study, "1").stdout  # again, for nothing
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 1)
    study.assert_nothing_to_do()
    study.edit_module("mj_data.time < 0.2", "mj_data.time < 0.3")
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 2)
    study.assert_nothing_to_do()


def test_a_batch_that_does_not_exist_is_refused(study: RunningStudy):
    study.run("--until", "design")
    assert "Batch 3 is not in" in by_hand(study, "3").stderr
    assert "it has batches 0 to 2" in by_hand(study, "3").stderr
