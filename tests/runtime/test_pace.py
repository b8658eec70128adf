"""Pace: never ahead of the clock, and no hurry after a delay."""

import time

from mojo.runtime.pace import Pace


def test_simulated_time_does_not_run_ahead_of_the_clock():
    pace, started = Pace(), time.monotonic()
    for step in range(101):
        pace.wait(0.001 * step, speed=2.0)
    assert time.monotonic() - started >= 0.1 / 2.0 - 0.002  # the shortest wait is left over


def test_after_a_pause_it_goes_on_at_its_speed():
    pace = Pace()
    pace.wait(0.0, speed=1.0)
    time.sleep(0.3)
    pace.wait(0.01, speed=1.0)  # counts anew from here
    started = time.monotonic()
    pace.wait(0.06, speed=1.0)
    assert time.monotonic() - started >= 0.04


def test_a_new_speed_counts_anew():
    pace = Pace()
    pace.wait(0.0, speed=0.001)
    started = time.monotonic()
    pace.wait(0.05, speed=1000.0)  # 50 s at the old speed
    pace.wait(0.06, speed=1000.0)
    assert time.monotonic() - started < 5.0
