"""python -m mojo: look at a study, run one trial or batch, start a new study."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mojo.errors import MojoError

app = typer.Typer(
    help="MuJoCo simulation campaigns: look at them, run a trial again, start a new one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class FirstStage(StrEnum):
    """The stages that a batch may begin with."""

    GENERATE = "generate"
    SIMULATE = "simulate"
    SCORE = "score"


Results = Annotated[Path, typer.Argument(help="The study's folder, results/<name>.", show_default=False)]


@app.command()
def status(results: Results) -> None:
    """Show progress, outcomes, the slowest trials and the latest failures of a study."""
    from mojo.commands.status import show_status

    show_status(results)


@app.command()
def replay(
    results: Results,
    trial: Annotated[int, typer.Argument(help="Number of the trial.", min=0, show_default=False)],
    view: Annotated[bool, typer.Option("--view", help="Show it in MuJoCo's viewer.")] = False,
) -> None:
    """Run one trial again from its own files, and tell whether the telemetry is bit-identical."""
    from mojo.commands.replay import replay_trial

    if not replay_trial(results, trial, view):
        raise typer.Exit(1)


@app.command()
def page(
    results: Results,
    trials: Annotated[list[int], typer.Argument(help="Numbers of trials.", show_default=False)],
) -> None:
    """Write the page of a trial: all its signals, inputs, outcome and log. The report makes those of the worst."""
    from mojo.commands.page import write

    write(results, trials)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="results/<name>, or a trial's folder in it.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="Another one of the same sort.", show_default=False)],
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with all of it, too.")] = None,
) -> None:
    """Tell what differs between two studies or two trials, and whether it is more than chance."""
    from mojo.commands.compare import show_comparison

    show_comparison(before, after, html)


@app.command()
def simulate(
    results: Results,
    batch: Annotated[int, typer.Option(help="Number of the batch.", min=0, show_default=False)],
    first: Annotated[FirstStage, typer.Option("--from", help="Stage to begin with.")] = FirstStage.GENERATE,
    cores: Annotated[int | None, typer.Option(help="Workers.", min=1, show_default="all cores")] = None,
    again_if_killed: Annotated[
        bool, typer.Option("--again-if-killed", help="End with an error when a worker was killed from outside.")
    ] = False,
) -> None:
    """Run one batch of a study from its design to its scores, by hand or as a task of a cluster."""
    from mojo.commands.simulate import simulate_batch

    simulate_batch(results, batch, first.value, cores, again_if_killed)


@app.command()
def view(
    study: Annotated[Path, typer.Argument(help="The study file.", show_default=False)],
    trial: Annotated[int, typer.Option("--trial", help="Number of the trial.", min=0)] = 0,
    speed: Annotated[float, typer.Option("--speed", help="Simulated seconds a second.")] = 1.0,
    web: Annotated[bool, typer.Option("--web", help="Show it in a browser even if there is a display.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of this machine for the browser.")] = 8080,
) -> None:
    """Build one trial of a study and watch it run; a change of the study file or its code runs it again."""
    from mojo.view.session import view_study

    view_study(study, trial, speed, web, port)


@app.command()
def serve(
    results: Annotated[Path, typer.Argument(help="results/, or one study's folder in it.")] = Path("results"),
    host: Annotated[str, typer.Option(help="Address to listen at; beyond this machine, a token is asked for.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes a free one.", min=0, max=65535)] = 8765,
    token: Annotated[
        bool, typer.Option("--token", help="Ask for a token on this machine too, which others may use.")
    ] = False,
) -> None:
    """Show studies in a browser while they run, and after: progress, failures, signals, films, the report."""
    from mojo.live.serve import serve

    serve(results, host, port, token)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write the study.", show_default=False)],
) -> None:
    """Write a small study that runs, to start from."""
    from mojo.commands.init import write_starter

    write_starter(folder)


@app.command()
def commands(
    study: Annotated[Path, typer.Argument(help="The study file.", exists=True, dir_okay=False, show_default=False)],
) -> None:
    """Print the exact command line of every trial of a study with a `command`, and run none."""
    from mojo.commands.commands import print_commands

    print_commands(study)


@app.command()
def schema(
    keys: Annotated[bool, typer.Option("--keys", help="The keys as a Markdown page instead.")] = False,
) -> None:
    """Print the JSON Schema of study files, for editors."""
    from mojo.study.schema import json_schema, key_page

    print(key_page() if keys else json_schema(), end="")


slurm = typer.Typer(help="Batches on a SLURM cluster: check, print, cancel.", no_args_is_help=True)
app.add_typer(slurm, name="slurm")
StudyFile = Annotated[Path, typer.Argument(help="The study file.", show_default=False)]
Profile = Annotated[Path, typer.Option(help="Snakemake profile that says what batches ask for.")]
SLURM_PROFILE = Path("profiles") / "slurm"


@slurm.command()
def check(study: StudyFile, profile: Profile = SLURM_PROFILE) -> None:
    """Show the limits of the partition beside what the study's batches ask for."""
    from mojo.commands.slurm import check_study

    check_study(study, profile)


@slurm.command()
def script(study: StudyFile, profile: Profile = SLURM_PROFILE) -> None:
    """Print an array script of the unfinished batches, for `sbatch` where nothing else may run on the login node."""
    from mojo.commands.slurm import print_script

    print_script(study, profile)


@slurm.command()
def cancel(results: Results) -> None:
    """Cancel every batch of a study that is queued or running."""
    from mojo.commands.slurm import cancel_results

    cancel_results(results)


def main() -> None:
    """Run the command line; errors that the user can mend are printed without a traceback."""
    try:
        app()
    except MojoError as error:
        print(f"mojo: error: {error}", file=sys.stderr)
        raise SystemExit(1) from error


if __name__ == "__main__":
    if sys.argv[1:2] == ["replay"]:
        from mojo.commands.hashes import hash_as_workers_do

        hash_as_workers_do()
    main()
