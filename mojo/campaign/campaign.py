"""Campaign: what the Snakefile knows of a study, and what its rules call."""

import atexit
import gc
import importlib
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mojo import digest, files
from mojo.campaign.changes import changes
from mojo.campaign.clean import remove_results
from mojo.campaign.console import ending_the_run, say
from mojo.campaign.due import Due, films_due, find_due
from mojo.campaign.freezing import check_growth, check_writable, existing, freeze, settle
from mojo.campaign.lock import StudyLock, in_turn
from mojo.campaign.progress import Progress
from mojo.campaign.stamps import outdated
from mojo.errors import MojoError, StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import FIRST_TRIALS, Code, Engine, FrozenStudy, read_frozen
from mojo.study.loading import find_study, load_study
from mojo.study.provenance import provenance, requirements
from mojo.trial.pool import WorkerPool
from mojo.trial.stage import run_stage
from mojo.trial.status import STAGES, Stage
from mojo.trial.worker_process import WorkerDied, death

STORAGE_SECONDS = 60.0  # that copying a search may take, before it goes on without


class TooManyFailures(MojoError):
    """More trials failed than the study allows."""


class Campaign:
    """A study on its way through Snakemake.

    Attributes:
        layout: The paths of its results.
        study: The study; seed, n_trial and batch_size are decided.
        study_file: Where it came from.
    """

    def __init__(self, config: Mapping[str, Any], folders: list[Path], cores: int | None, is_main: bool) -> None:
        """Load the study that Snakemake's config names; a mistake in it ends the process with a message.

        Args:
            config: The key "study" holds the study file; every other key overrides a top-level key of the study.
            folders: Where a relative path of the study file is looked for, in this order.
            cores: How many workers may run at a time.
            is_main: Whether this process was started by the user, rather than by Snakemake for one job.
        """
        self._is_main = is_main
        with ending_the_run():
            self._load(dict(config), folders)
        self._frozen: FrozenStudy | None = None
        self._progress: Progress | None = None
        self._jobs = 1  # batches to be simulated that share the workers
        self._lock = StudyLock(self.layout.lock)
        self._cores = cores or 1
        self._pool = WorkerPool(self.study.most_at_once(self._cores))
        self._film_pool: WorkerPool | None = None
        self._report_pool = WorkerPool(1)
        self._copy_failed = False
        if is_main and self._old is None:  # a new study has a preflight before it, and everything to run
            self._pool.warm_up()
        # Else the end of the process looks for cycles in all that Snakemake has made, for half a second.
        atexit.register(gc.freeze)
        if is_main and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)

    def _load(self, overrides: dict[str, Any], folders: list[Path]) -> None:
        if "study" not in overrides:
            raise StudyError("No study is named. Give one with --config study=path/to/study.yaml.")
        self.study_file = find_study(overrides.pop("study"), folders)
        study = load_study(self.study_file, overrides)
        self.layout = StudyLayout.of(study.name)
        self._old = existing(self.layout)
        self.study = settle(study, self._old)
        if self._old is not None and study.batch_size not in ("auto", self.study.batch_size):
            say(f"batch_size stays {self.study.batch_size}, as it was when the study was first frozen")

    def _interrupt(self, signum: int, frame: Any) -> None:
        """End the workers at once on Ctrl-C: Snakemake waits for the threads that wait for them."""
        if self._progress is not None:
            self._progress.end_line()
        for pool in (self._pool, self._film_pool, self._report_pool):
            if pool is not None:
                pool.stop()
        signal.default_int_handler(signum, frame)

    @property
    def batches(self) -> range:
        assert isinstance(self.study.batch_size, int)
        return range(-(-self.study.trial_count // self.study.batch_size))

    @property
    def frozen(self) -> FrozenStudy:
        """The frozen study; `prepare` has made it, or an earlier process has written it."""
        if self._frozen is None:
            self._frozen = read_frozen(self.layout)
        return self._frozen

    def prepare(self, dry_run: bool, keep_outdated: bool = False) -> Due:
        """Check the user's code, freeze the study, and find out what its folders say is due.

        Done once, when Snakemake begins to build its graph. A mistake ends the process with a message.

        Args:
            dry_run: Whether nothing may be written.
            keep_outdated: Whether tables of an older version of the study will do.
        """
        if not self._is_main or self._frozen is not None:
            return Due()
        with ending_the_run():
            self._frozen = self._checked(dry_run)
            return self._find_due(self._frozen, keep_outdated)

    def _checked(self, dry_run: bool) -> FrozenStudy:
        """Return the frozen study, which has been written unless this is a dry run."""
        if not dry_run:
            check_writable(self.layout)
            self._lock.acquire()
            if self._old is None:
                self._work_ahead()
        frozen = self._freeze()
        return frozen if dry_run or frozen is self._old else self._write(frozen)

    def _find_due(self, frozen: FrozenStudy, keep_outdated: bool) -> Due:
        """Return what must run again, after telling why."""
        due = find_due(self.layout, frozen)
        if self.study.films.asked and (reason := films_due(self.layout)):
            due.tables.append(self.layout.films)
            due.reasons.append(f"films are made again: {reason}")
        for line in due.lines():
            say(line)
        due.tables += [] if keep_outdated else outdated(self.layout, frozen)
        unchanged = self._old is not None and self._old.digests == frozen.digests
        self._jobs = sum(
            table in due.tables or not table.exists()
            for table in (self.layout.table("outcomes", batch) for batch in self.batches)
        )
        self._progress = Progress(frozen.n_trial, due.complete if unchanged else {})
        return due

    def pending(self) -> list[int]:
        """Return the batches that are not finished: a table is missing or outdated, or contradicted by its trials."""
        due = {*find_due(self.layout, self.frozen).tables, *outdated(self.layout, self.frozen)}
        tables = {batch: [self.layout.table_of(stage, batch) for stage in STAGES] for batch in self.frozen.batches}
        return [batch for batch, made in tables.items() if due & {*made} or not all(path.exists() for path in made)]

    def _work_ahead(self) -> None:
        """Do what a new study needs later, while the process that workers are forked from does its imports."""
        importlib.import_module("mojo.trial.tables")  # loads Arrow, for the stages
        requirements()  # which reads what every installed package says of itself
        self._report_pool.schedule("mojo.report.write:get_ready")  # the report will be due

    def _freeze(self) -> FrozenStudy:
        frozen, advice = freeze(self.study, self.study_file, self._old, self._preflight)
        check_growth(self.layout, self._old, frozen)
        for line in advice:
            say(f"advice: {line}")
        for line in changes(self._old, frozen) if self._old is not None else []:
            say(f"changed: {line}")
        if frozen is not self._old and frozen.engine is not None:
            say(f"engine: {frozen.engine.name}, since {frozen.engine.reason}")
        return frozen

    def _write(self, frozen: FrozenStudy) -> FrozenStudy:
        """Write requirements.txt and study.json, and return the latter."""
        files.write_text(self.layout.requirements, requirements())
        written = frozen.model_copy(update={"provenance": provenance(self.study_file)})
        written.write(self.layout)
        return written

    def _preflight(self, frozen: FrozenStudy) -> tuple[dict[str, Code], Engine | None, list[str]]:
        """Check the user's code in a process of its own, which may crash or hang without harm.

        Where it crashes, the first trials are built one by one: that of one of them is its own failure later.
        """
        pool, dead = WorkerPool(1), None
        try:
            for only in (None, *range(min(FIRST_TRIALS, frozen.n_trial))):
                try:
                    return pool.run("mojo.trial.preflight:preflight", frozen, only, timeout=self.study.timeout)
                except WorkerDied as died:
                    dead = dead or died
        except TimeoutError as error:
            raise StudyError(
                f"generator: the first trial was not generated within the time limit of {self.study.timeout:g} s "
                "(timeout)."
            ) from error
        finally:
            pool.stop()
        assert dead is not None
        reason = death(dead.exitcode)
        raise StudyError(f"generator: the process that generated the first trial died: {reason}.") from dead

    def contract(self) -> str:
        """Return a digest that changes when study.json must be written anew."""
        return digest.of_value(self.frozen.model_dump(mode="json", exclude={"provenance"}))

    def design(self, batch: int) -> None:
        """Write the design table of a batch."""
        self._pool.run("mojo.trial.design:write_design", self.layout, batch)
        self._copy_search(self.study.decided_by(batch))

    def _copy_search(self, batches: range) -> None:
        """Copy a search to the storage that it names; where that fails, a line says so, and nothing is lost."""
        if not batches or self._copy_failed or self.study.copied_to is None:
            return
        self._copy_failed = True
        try:
            self._pool.run("mojo.trial.design:copy_search", self.layout, batches, timeout=STORAGE_SECONDS)
        except TimeoutError:
            say(f"warning: storage: {self.study.copied_to} was locked for {STORAGE_SECONDS:g} s, so nothing was copied")
        except (StudyError, WorkerDied) as error:
            say(f"warning: {error} The search goes on without the copy.")
        else:
            self._copy_failed = False

    def generate(self, batch: int) -> None:
        """Generate the trials of a batch, and write its table of models."""
        self._run_stage("generate", batch)

    def simulate(self, batch: int) -> None:
        """Simulate the trials of a batch, and write its table of outcomes."""
        self._run_stage("simulate", batch)

    def score(self, batch: int) -> None:
        """Score the trials of a batch, and write its table of scores."""
        self._run_stage("score", batch)

    def _run_stage(self, stage: Stage, batch: int) -> None:
        from mojo.trial.tables import write_stage_table  # loads Arrow, which parsing the Snakefile need not

        with in_turn(self.layout.batch_lock(batch), self._pool.check):
            statuses = run_stage(self._pool, self.layout, self.frozen, stage, batch, self._count, self._jobs)
            write_stage_table(self.layout, stage, batch, statuses, self.frozen.digests[stage])

    def _count(self, status: Mapping[str, Any]) -> None:
        if self._progress is None:
            return
        if status["outcome"] is not None:
            self._progress.count(status["trial"], status["outcome"])
        elif status["stage"] == "simulate":
            self._progress.count_simulated(status["trial"])

    def aggregate(self) -> None:
        """Join all tables to trials.parquet."""
        self._pool.run("mojo.trial.join:write_trials_table", self.layout)
        self._copy_search(self.batches)

    def choose(self) -> None:
        """Write best.json."""
        self._pool.run("mojo.trial.best:write_best", self.layout)

    def film(self) -> None:
        """Film the picked trials."""
        from mojo.campaign.films import make_films

        if self._progress is not None:
            self._progress.end_line()

        def started(pool: WorkerPool) -> None:
            self._film_pool = pool

        make_films(self.layout, self.frozen, self._cores, started)

    def report(self) -> None:
        """Write report.html."""
        self._report_pool.run("mojo.report.write:write_report", self.layout)

    def check(self) -> None:
        """Say how the trials ended and which requirements are met; write complete.json if few enough trials failed."""
        from mojo.campaign.failures import tally

        if self._progress is not None:
            self._progress.end_line()
        found = tally(self.layout, self.frozen)
        lines, states = found.lines(self.layout), {}
        lines += self._report_pool.run("mojo.campaign.health:tell", self.layout)
        if self.frozen.study.requirements:
            told, states = self._report_pool.run("mojo.campaign.verdicts:tell", self.layout, self.frozen.study)
            lines += told
        for line in lines:
            say(line)
        if not found.passed:
            raise TooManyFailures(f"{len(found.failed)} trials failed")
        files.write_json(
            self.layout.complete,
            {"outcomes": dict(found.outcomes), "failed": len(found.failed), "requirements": states},
        )

    def clean(self) -> None:
        """Remove the study's results, after saying what is removed."""
        remove_results(self.layout, self._lock)
