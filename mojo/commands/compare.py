"""python -m mojo compare: what differs between two studies or two trials, and whether it is more than chance."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mojo.errors import StudyError
from mojo.layout import StudyLayout, TrialLayout
from mojo.report.comparison import Comparison, Difference, compare
from mojo.report.comparison_of_trials import TrialComparison, compare_trials
from mojo.report.comparison_page import write_comparison, write_trial_comparison
from mojo.report.data import gather
from mojo.report.numbers import significant, with_unit

SHOWN = 40


def show_comparison(before: Path, after: Path, html: Path | None, console: Console | None = None) -> None:
    """Print the comparison of two results folders, or of two trials' folders, and write it as a page where asked.

    Raises:
        StudyError: A folder is neither, or one is a study and the other a trial.
        TrialError: A study has no joined trials yet, or a trial has not ended.
    """
    console = console or Console()
    one, other = _place(before), _place(after)
    if isinstance(one, StudyLayout) and isinstance(other, StudyLayout):
        found = compare(gather(one), gather(other))
        _print_studies(console, found)
        if html is not None:
            write_comparison(html, found)
    elif isinstance(one, TrialLayout) and isinstance(other, TrialLayout):
        pair = compare_trials((gather(one.in_study()), one.number), (gather(other.in_study()), other.number))
        _print_trials(console, pair)
        if html is not None:
            write_trial_comparison(html, pair, (one.telemetry, other.telemetry))
    else:
        raise StudyError(f"{before} and {after} cannot be compared: one is a study, the other a trial of one.")
    if html is not None:
        console.print(f"written to {escape(str(html))}", highlight=False)


def _place(folder: Path) -> StudyLayout | TrialLayout:
    """Return what a folder is."""
    folder = folder.absolute()
    if StudyLayout(folder).study.is_file():
        return StudyLayout(folder)
    trial = TrialLayout(folder)
    if folder.is_dir() and folder.name.isdigit() and trial.in_study().study.is_file():
        return trial
    raise StudyError(
        f"{folder} is neither a study's folder, results/<name>, nor a trial's, results/<name>/trials/<number>."
    )


def _print_studies(console: Console, found: Comparison) -> None:
    names = found.before.name, found.after.name
    console.print(f"[bold]{escape(' → '.join(names))}[/bold], compared {escape(found.why)}", highlight=False)
    console.print(escape(found.statement), style="bold", highlight=False)
    _print_differences(console, "requirement", "Trials that pass", names, found.requirements)
    _print_differences(console, "metric", "Median (5 to 95 %)", names, found.metrics)
    for caveat in found.caveats:
        console.print(escape(f"{caveat}."), style="dim", highlight=False)
    _print_changes(console, "Study", names, found.keys)
    _print_changes(console, "Origin", names, found.origins)


def _print_differences(
    console: Console, what: str, title: str, names: tuple[str, str], rows: Sequence[Difference]
) -> None:
    if not rows:
        return
    table = Table(what, *map(escape, names), "change", "p", "corrected", title=title, title_justify="left")
    for row in rows:
        tested = (f"{row.test.p:.2g}", f"{row.corrected:.2g}") if row.test else ("too few", "")
        texts = (with_unit(row.name, row.unit), row.before, row.after, row.change, *tested)
        table.add_row(*map(escape, texts), style="bold" if row.is_real else None)
    console.print(table)
    tests = dict.fromkeys(row.test.name for row in rows if row.test)
    if tests:
        console.print(escape(", ".join(tests)), style="dim", highlight=False)


def _print_changes(
    console: Console, title: str, names: tuple[str, str], changes: Sequence[tuple[str, str, str]]
) -> None:
    if not changes:
        console.print(f"{title}: the same", highlight=False)
        return
    table = Table("what", *map(escape, names), title=title, title_justify="left")
    for change in changes[:SHOWN]:
        table.add_row(*map(escape, change))
    console.print(table)
    if len(changes) > SHOWN:
        console.print(f"and {len(changes) - SHOWN} more")


def _print_trials(console: Console, found: TrialComparison) -> None:
    console.print(f"[bold]{escape(' → '.join(found.names))}[/bold]", highlight=False)
    console.print(escape(found.statement), style="bold", highlight=False)
    table = Table("value", *map(escape, found.names), "change", title="Values that differ", title_justify="left")
    for row in found.values[:SHOWN]:
        table.add_row(*map(escape, (with_unit(row.name, row.unit), row.before, row.after, row.change)))
    if found.values:
        console.print(table)
    apart = [parting for parting in found.partings if parting.first is not None]
    table = Table("signal", "part at (s)", "most", "at (s)", title="Signals that differ", title_justify="left")
    for parting in sorted(apart, key=lambda parting: parting.first or 0.0)[:SHOWN]:
        name = with_unit(parting.signal.name, parting.signal.unit)
        table.add_row(escape(name), *(significant(value, 4) for value in (parting.first, parting.most, parting.at)))
    if apart:
        console.print(table)
    for note in (found.note, f"recorded by one alone: {', '.join(found.only)}" if found.only else ""):
        if note:
            console.print(escape(note), style="dim", highlight=False)
    console.print("Two single trials: no test tells chance apart.", style="dim", highlight=False)
