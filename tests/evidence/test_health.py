"""How the trials of a study ran, and what somebody should know of it before believing the numbers."""

import polars as pl

from mojo.evidence.health import amiss, health

ROWS = [
    {
        "outcome": "success",
        "warnings": "CONTACTFULL 7, CNSTRFULL 2",
        "solver_at_cap": 0,
        "host": "a",
        "wall_seconds": 1,
    },
    {"outcome": "success", "warnings": None, "solver_at_cap": 10, "host": "b", "wall_seconds": 2},
    {"outcome": "success", "warnings": "CONTACTFULL 3", "solver_at_cap": 11, "host": "b", "wall_seconds": 4},
    {"outcome": "invalid", "warnings": "BADCTRL 1", "solver_at_cap": 300, "host": "b", "wall_seconds": 9},
    {"outcome": "diverged", "warnings": "BADQACC 1, CONTACTFULL 2", "solver_at_cap": 0, "host": "b", "wall_seconds": 1},
    {"outcome": "failed", "warnings": None, "solver_at_cap": None, "host": None, "wall_seconds": None},
]


def table(rows=ROWS):
    common = {"steps": 1000, "cpu_model": "x", "dropped_posts": None}
    numbered = [{"trial": n + 4, "error": f"no {n}"} | common | row for n, row in enumerate(rows)]
    return pl.DataFrame(numbered, infer_schema_length=None)


def test_warnings_are_counted_by_kind_in_trials_and_in_events():
    found = {one.name: (one.trials, one.events, one.counted, one.example) for one in health(table()).warnings}
    assert found == {
        "CONTACTFULL": (3, 12, 2, 4),
        "CNSTRFULL": (1, 2, 1, 4),
        "BADCTRL": (1, 1, 0, 7),
        "BADQACC": (1, 1, 0, 8),
    }
    assert [one.name for one in health(table()).allowed] == ["CONTACTFULL", "CNSTRFULL"]


def test_a_solver_that_often_stops_at_its_limit_is_told_with_the_trial_where_it_does_most():
    solver = health(table()).solver
    # 10 of 1000 steps are 1 %, which is not more than 1 %
    assert (solver.trials, solver.often, solver.worst, solver.share) == (3, 2, 7, 0.3)


def test_machines_are_told_with_the_median_of_the_wall_time():
    machines = [(one.host, one.trials, one.seconds) for one in health(table()).machines]
    assert machines == [("b", 4, 3.0), ("a", 1, 1.0)]  # of 1, 2, 4 and 9 s the median is 3 s


def test_what_is_amiss_is_told_in_sentences():
    found = amiss(table(), health(table()))
    assert found == [
        "1 of 6 trials diverged; averages leave such trials out. Trial 000008: no 4",
        "1 of 6 trials ended invalid; averages leave such trials out. Trial 000007: no 3",
        "These count although MuJoCo warned (allow_warnings): CONTACTFULL in 2 trials, CNSTRFULL in 1 trial",
        "The constraint solver stopped at its iteration limit in more than 1 % of the steps of 2 of 6 trials, most in "
        "trial 000007 (30 %)",
    ]


def test_values_that_no_row_took_are_told():
    rows = table([ROWS[1] | {"dropped_posts": count} for count in (5, 0, 7)])
    assert amiss(rows, health(rows)) == ["12 posted values of 2 trials are in no row of the telemetry"]


def test_nothing_is_told_where_all_is_well():
    rows = table([ROWS[1], ROWS[1]])
    assert amiss(rows, health(rows)) == []
    assert health(rows).allowed == []


def test_tables_without_trials_or_columns_have_no_news():
    for rows in (table().clear(), table().select("trial", "outcome", "error").filter(pl.col("outcome") == "failed")):
        found = health(rows)
        assert (found.warnings, found.solver.worst, found.machines) == ((), None, ())
        assert amiss(rows, found) == []
