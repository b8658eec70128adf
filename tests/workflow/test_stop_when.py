"""A study that stops when it knows enough, through real Snakemake: the same one however often it is interrupted."""

import signal

from tests.workflow.conftest import RunningStudy, wait_for

ASKED = {"slow": {"metric": "peak", "max": 2.0, "unit": "m/s"}}


def test_a_study_stops_after_the_batch_that_tells_enough_and_goes_on_when_more_is_asked(study: RunningStudy):
    # All trials pass. By the ratio test p is rejected while ((1 + p)/(2p))^n >= 1/(0.9·0.05), so up to 0.738 after 19
    # trials: 2 batches of 10, of which trial 0 is nominal and no draw. Half of what is left is 13.1 %, rounded up 14.
    study.write(requirements=ASKED, stop_when={"requirement": "slow", "half_width": 0.2}, n_trial=40, batch_size=10)
    study.edit_module("    mj_data.qpos[0] = 0.5", "    time.sleep(0.1)\n    mj_data.qpos[0] = 0.5")
    process = study.start()
    wait_for(lambda: len(study.simulated()) >= 14)  # in the second batch
    process.send_signal(signal.SIGKILL)
    process.wait()
    output = study.run()
    told = "topped after 19 of at most 40 trials: the share that meets 'slow' is known to within ± 14 % (90 % interval"
    assert told in output
    assert study.table()["trial"].to_list() == list(range(20))
    assert told in study.layout.report.read_text().replace("&#39;", "'")
    assert len(study.simulated()) == 20
    study.assert_nothing_to_do()

    study.write(stop_when={"requirement": "slow", "half_width": 0.1})
    output = study.run()
    assert "stop_when.half_width: 0.2 → 0.1" in output
    assert "Stopped after 29 of at most 40 trials" in output
    assert study.counters() == dict.fromkeys(range(30), 1)  # none of them ran again
