"""python -m mojo status: how far a study has come."""

from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mojo.cluster.whereabouts import Whereabouts, unfinished
from mojo.columns import BROKEN, OUTCOMES, RETRIED
from mojo.layout import StudyLayout
from mojo.study.frozen import asked_for, read_frozen
from mojo.trial.status import read_status

SLOWEST, LATEST, BATCHES = 5, 10, 20
STYLES = {"success": "green"} | dict.fromkeys(RETRIED, "red") | dict.fromkeys(BROKEN, "yellow")


def show_status(results: Path, console: Console | None = None) -> None:
    """Print progress, outcomes, the slowest trials and the latest without success, while the run is going or after.

    Raises:
        StudyError: The folder holds no study.
    """
    layout = StudyLayout(results)
    frozen = read_frozen(layout)
    trials = [layout.trial(number) for number in range(frozen.n_trial)]
    statuses = [status for trial in trials if (status := read_status(trial))]
    console = console or Console()
    console.print(
        f"[bold]{frozen.study.name}[/bold] ({frozen.study.kind}, {frozen.n_trial} trials, seed {frozen.seed})"
    )
    _print_outcomes(console, statuses, asked_for(layout, frozen))
    _print_batches(console, unfinished(layout, frozen))
    _print_slowest(console, statuses)
    _print_latest(console, layout, statuses, BROKEN, "Latest diverged and invalid")
    _print_latest(console, layout, statuses, RETRIED, "Latest failures")


def _print_outcomes(console: Console, statuses: list[dict[str, Any]], planned: int) -> None:
    outcomes = Counter(status["outcome"] for status in statuses)
    started = Counter(status["stage"] for status in statuses if status["outcome"] is None)
    done = sum(outcomes[outcome] for outcome in OUTCOMES)
    console.print(f"{done} of {planned} trials done ({100 * done / planned:.0f} %)")
    for outcome in OUTCOMES:
        if outcomes[outcome]:
            console.print(f"  {outcomes[outcome]:>6} {outcome}", style=STYLES.get(outcome), highlight=False)
    for stage, after in (("generate", "generated"), ("simulate", "simulated")):
        if started[stage]:
            console.print(f"  {started[stage]:>6} {after} so far", highlight=False)
    if len(statuses) < planned:
        console.print(f"  {planned - len(statuses):>6} not started", highlight=False)


def _print_batches(console: Console, batches: list[Whereabouts]) -> None:
    if not batches:
        return
    table = Table("batch", "job", "state", "reason", "node", "log", title="Unfinished batches", title_justify="left")
    for batch in batches[:BATCHES]:
        cells = (f"{batch.batch:05d}", batch.job, batch.state, batch.reason, batch.node, batch.log)
        table.add_row(*map(escape, cells))
    console.print(table)
    if len(batches) > BATCHES:
        console.print(f"and {len(batches) - BATCHES} more")


def _print_slowest(console: Console, statuses: list[dict[str, Any]]) -> None:
    timed = [status for status in statuses if status.get("simulate", {}).get("wall_seconds") is not None]
    if not timed:
        return
    table = Table("trial", "wall (s)", "simulated (s)", "steps", title="Slowest trials", title_justify="left")
    for status in sorted(timed, key=lambda status: -status["simulate"]["wall_seconds"])[:SLOWEST]:
        run = status["simulate"]
        stepped = (f"{run['simulated_seconds']:.4g}", str(run["steps"])) if "steps" in run else ()  # a command has none
        table.add_row(f"{status['trial']:06d}", f"{run['wall_seconds']:.3g}", *stepped)
    console.print(table)


def _print_latest(
    console: Console, layout: StudyLayout, statuses: list[dict[str, Any]], outcomes: tuple[str, ...], title: str
) -> None:
    failed = [status for status in statuses if status["outcome"] in outcomes]
    if not failed:
        return
    failed.sort(key=lambda status: -layout.trial(status["trial"]).status.stat().st_mtime)
    table = Table("trial", "outcome", "in", "reason", "log", title=title, title_justify="left")
    for status in failed[:LATEST]:
        log = str(layout.trial(status["trial"]).log)
        texts = (f"{status['trial']:06d}", status["outcome"], status["stage"], status["error"], log)
        table.add_row(*map(escape, texts))  # an error may hold brackets, which Rich would take for its own
    console.print(table)
    if len(failed) > LATEST:
        console.print(f"and {len(failed) - LATEST} more")
