"""Every path of a study's results; nobody else spells one."""

import getpass
import tempfile
from dataclasses import dataclass
from pathlib import Path

TABLES = ("design", "models", "outcomes", "scores")
TABLE_OF = {"generate": "models", "simulate": "outcomes", "score": "scores"}


@dataclass(frozen=True)
class TrialLayout:
    """The files of one trial: what a person opens."""

    folder: Path

    @property
    def number(self) -> int:
        return int(self.folder.name)

    @property
    def model(self) -> Path:
        return self.folder / "model.xml"

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def named_values(self) -> Path:
        return self.folder / "named_values.json"

    @property
    def user_data(self) -> Path:
        """Left by a run that changed mojo_model.user_data, for the functions that judge it."""
        return self.folder / "user_data.json"

    @property
    def telemetry(self) -> Path:
        return self.folder / "telemetry.parquet"

    @property
    def metrics(self) -> Path:
        """Left by a command as its score."""
        return self.folder / "metrics.json"

    @property
    def frames(self) -> Path:
        """States at the films' rate, from which films are made after the run."""
        return self.folder / "frames.parquet"

    @property
    def films(self) -> Path:
        """What was made of the trial by its recorders, and what failed."""
        return self.folder / "films.json"

    def film(self, recorder: str, form: str) -> Path:
        """Return the film that a recorder makes, in one of its formats."""
        return self.folder / f"{recorder}.{form}"

    def poster(self, recorder: str) -> Path:
        """Return the picture that stands for a recorder's film until it plays."""
        return self.folder / f"{recorder}.jpg"

    def snapshot(self, recorder: str, instant: float) -> Path:
        """Return the picture that a recorder makes of an instant [s]."""
        return self.folder / f"{recorder}_{instant:g}s.png"

    @property
    def checkpoint(self) -> Path:
        """A folder that a member of a population leaves for those that go on from it."""
        return self.folder / "checkpoint"

    def begun(self, stage: str) -> Path:
        """A note of what stood here when user code of a stage began to write files; gone when it has ended."""
        return self.folder / f".{stage}.begun"

    def in_study(self) -> "StudyLayout":
        """Return the files of the study."""
        return StudyLayout(self.folder.parents[1])

    def sibling(self, number: int) -> "TrialLayout":
        """Return the files of another trial of the study."""
        return self.in_study().trial(number)

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def log(self) -> Path:
        return self.folder / "trial.log"

    @property
    def page(self) -> Path:
        """All about the trial for a person; the report makes those that matter most."""
        return self.folder / "index.html"


@dataclass(frozen=True)
class StudyLayout:
    """The files of one study, under `root` = results/<study>."""

    root: Path

    @classmethod
    def of(cls, study_name: str, results: Path = Path("results")) -> "StudyLayout":
        return cls(results / study_name)

    @property
    def study(self) -> Path:
        return self.root / "study.json"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def assets(self) -> Path:
        return self.root / "assets"

    @property
    def trials(self) -> Path:
        return self.root / "trials"

    @property
    def trials_table(self) -> Path:
        return self.root / "trials.parquet"

    @property
    def films(self) -> Path:
        """Which trials were filmed, by which renderer, and what failed."""
        return self.root / "films.json"

    @property
    def report(self) -> Path:
        return self.root / "report.html"

    @property
    def evidence(self) -> Path:
        """The numbers behind the report: metrics, drivers and where trials fail, for scripts."""
        return self.root / "evidence.json"

    @property
    def plotly(self) -> Path:
        """The script that draws the figures of trials' pages, which share it; the report holds its own."""
        return self.root / "plotly-for-pages.js"

    def pages(self) -> list[Path]:
        """Return the pages of trials that have been made."""
        return sorted(self.trials.glob("*/index.html"))

    @property
    def complete(self) -> Path:
        """Written by the last rule when no more trials failed than the study allows."""
        return self.root / "complete.json"

    @property
    def best(self) -> Path:
        """The best design of a search, which another study can take as its overrides."""
        return self.root / "best.json"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def cluster(self) -> Path:
        """What batches on a cluster leave for people: logs and how they ended."""
        return self.root / "slurm"

    def cluster_log(self, batch: int, job: str) -> Path:
        """Return the log of a batch in the array `job`."""
        return self.cluster / f"{batch:05d}.{job}.log"

    def cluster_logs(self, batch: int) -> list[Path]:
        """Return the logs of a batch, the latest last."""
        return sorted(self.cluster.glob(f"{batch:05d}.*.log"), key=lambda path: int(path.name.split(".")[1]))

    def cluster_end(self, batch: int) -> Path:
        """Return the record of how a batch ended last."""
        return self.cluster / f"{batch:05d}.json"

    def batch_lock(self, batch: int) -> Path:
        return self.root / ".locks" / f"{batch:05d}"

    @property
    def last_start(self) -> Path:
        """When a command was started last, where there must be a pause between two."""
        return self.root / ".last-start"

    def table(self, stage: str, batch: int | str) -> Path:
        """Return the table of one stage and batch; `batch` may be a wildcard such as "{batch}"."""
        assert stage in TABLES, stage
        name = batch if isinstance(batch, str) else f"{batch:05d}"
        return self.root / stage / f"{name}.parquet"

    def table_of(self, stage: str, batch: int) -> Path:
        """Return the table that a stage of the trials makes: generate, simulate or score."""
        return self.table(TABLE_OF[stage], batch)

    def trial(self, number: int) -> TrialLayout:
        return TrialLayout(self.trials / f"{number:06d}")


def machine_slots(job: str) -> Path:
    """Return the folder of locks that all studies of a user share on one machine; `job` is the cluster's, or ""."""
    return Path(tempfile.gettempdir()) / f"mojo-slots-{getpass.getuser()}{f'-{job}' if job else ''}"
