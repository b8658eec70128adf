"""A study that stops when it knows enough, through real Snakemake: the same one however often it is interrupted."""

import signal

from tests.workflow.conftest import RunningStudy, wait_for

ASKED = {"slow": {"metric": "peak", "max": 2.0, "unit": "m/s"}}
# All trials pass. By the ratio test p is rejected while ((1 + p)/(2p))^n >= 1/(0.9·0.05), so up to 0.816 after 29
# trials: 3 batches of 10, of which trial 0 is nominal and no draw. Half of what is left is 9.2 %.
WAIT = {"requirement": "slow", "half_width": 0.1}


def test_a_study_stops_after_the_batch_that_tells_enough_and_goes_on_when_more_is_asked(study: RunningStudy):
    study.write(requirements=ASKED, stop_when=WAIT, n_trial=60, batch_size=10)
    study.edit_module("    mj_data.qpos[0] = 0.5", "    time.sleep(0.1)\n    mj_data.qpos[0] = 0.5")
    for trials in (4, 14):  # killed in the first batch and in the second
        process = study.start()
        wait_for(lambda trials=trials: len(study.simulated()) >= trials)
        process.send_signal(signal.SIGKILL)
        process.wait()
    output = study.run()
    told = "topped after 29 of at most 60 trials: the share that meets 'slow' is known to within ± 9.2 % (90 % interval"
    assert told in output
    assert study.table()["trial"].to_list() == list(range(30))
    assert told in study.layout.report.read_text().replace("&#39;", "'")
    assert len(study.simulated()) == 30
    study.assert_nothing_to_do()

    before = study.counters()
    study.write(stop_when=WAIT | {"half_width": 0.06})
    output = study.run()
    assert "stop_when.half_width: 0.1 → 0.06" in output
    assert "Stopped after 49 of at most 60 trials" in output
    assert {trial: study.counters()[trial] for trial in before} == before  # none of them ran again
    study.assert_nothing_to_do()

    study.write(stop_when=None)
    assert "Stopped" not in study.run()
    assert study.table().height == 60
    assert {trial: study.counters()[trial] for trial in before} == before
    study.assert_nothing_to_do()
