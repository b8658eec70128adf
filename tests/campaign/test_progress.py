"""Progress is one line that a terminal redraws, and a line now and then in a log file."""

import io

from mojo.campaign.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_tells_trials_done_failed_rate_and_time_left():
    progress = Progress(100, {}, io.StringIO())
    for trial in range(20):
        progress.count(trial, "success")
    for trial, outcome in enumerate(
        ["failed", "timeout", "crashed", "diverged", "invalid", "invalid", "skipped"], start=20
    ):
        progress.count(trial, outcome)
    # 27 trials in 10 s are 2.7 trials/s, and the other 73 take 73/2.7 = 27 s
    assert progress.line(10.0) == "27 of 100 trials · 3 failed · 1 diverged · 2 invalid · 2.7 trials/s · 0:27 left"


def test_trials_of_an_earlier_run_count_as_done_but_not_for_the_rate():
    progress = Progress(100, dict.fromkeys(range(50), "success"), io.StringIO())
    for trial in range(50, 60):
        progress.count(trial, "success")
    assert progress.line(10.0) == "60 of 100 trials · 1 trials/s · 0:40 left"  # 10 in 10 s; 40 to go


def test_a_trial_that_is_only_to_be_scored_counts_for_the_rate_and_the_time_left():
    progress = Progress(100, dict.fromkeys(range(10), "success"), io.StringIO())
    for trial in range(10, 60):
        progress.count_simulated(trial)
    assert progress.line(10.0) == "10 of 100 trials · 50 more simulated · 5 trials/s · 0:08 left"  # 40 to go
    for trial in range(60):
        progress.count(trial, "success")
        progress.count_simulated(trial)
    assert progress.line(10.0) == "60 of 100 trials · 5 trials/s · 0:08 left"
    for trial in range(60, 100):
        progress.count_simulated(trial)
    assert progress.line(10.0).endswith("40 more simulated · 9 trials/s · scoring")


def test_a_trial_is_counted_once():
    progress = Progress(10, {0: "success"}, io.StringIO())
    for trial in (0, 1, 1):
        progress.count(trial, "success")
    assert progress.line(0.0) == "2 of 10 trials"


def test_hours_are_told_as_hours():
    progress = Progress(3601, {}, io.StringIO())
    progress.count(0, "success")
    assert progress.line(2.0).endswith("0.5 trials/s · 2:00:00 left")  # 3600 trials at 0.5 trials/s


def test_a_terminal_sees_one_line_that_is_redrawn():
    terminal = Terminal()
    progress = Progress(1000, {}, terminal)
    for trial in range(1000):
        progress.count(trial, "success")
    text = terminal.getvalue()
    assert text.startswith("\r1 of 1000 trials")
    assert text.count("\n") == 1
    assert text.rstrip().endswith(" · done")
    assert text.count("\r") < 100  # it is not redrawn for every trial


def test_a_shorter_line_covers_the_longer_one_before():
    terminal = Terminal()
    progress = Progress(2, {}, terminal)
    progress.count(0, "failed")
    first = terminal.getvalue()
    progress.count(1, "success")
    second = terminal.getvalue().removeprefix(first)
    assert len(second.strip("\r\n")) >= len(first.strip("\r"))


def test_a_log_file_sees_no_line_a_trial():
    log = io.StringIO()
    progress = Progress(1000, {}, log)
    for trial in range(1000):
        progress.count(trial, "success")
    lines = log.getvalue().splitlines()
    assert len(lines) <= 2  # the last, and perhaps one when the machine was held up
    assert lines[-1].startswith("1000 of 1000 trials")
    assert "\r" not in log.getvalue()


def test_a_log_file_sees_nothing_of_the_first_seconds():
    log = io.StringIO()
    progress = Progress(3, {}, log)
    progress.count(0, "success")
    progress.count(1, "failed")
    assert log.getvalue() == ""
