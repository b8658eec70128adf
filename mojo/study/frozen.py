"""The frozen study: study.json, the contract between the study file and every job of the campaign."""

import importlib.metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mojo import digest, files
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.kinds import Study

FIRST_TRIALS = 3  # are built before the first job; a study is refused when none of them can be
STAGES = ("design", "generate", "simulate", "score", "film", "report")
# What user code finds in its process, whatever ran there before.
_AROUND = ("randomness.py", "held.py", "shared_random.py", "trial/surroundings.py", "trial/kept")
_OWN_SOURCES = {
    "design": ("distributions", "sampling", "randomness.py", "evidence/proportions.py", "evidence/sequential.py"),
    "generate": ("distributions", "model", *_AROUND, "trial/generate.py", "trial/user_files.py"),
    "simulate": (
        "model",
        "runtime",
        *_AROUND,
        *(f"trial/{part}.py" for part in ("simulate", "side_by_side", "handover", "engine", "command")),
    ),
    "score": (*_AROUND, *(f"trial/{part}.py" for part in ("score", "judge", "handover"))),
    "film": ("film", "model", "runtime", "trial/again.py"),
    "report": ("report", "evidence"),
}


class Code(BaseModel):
    """One of the user's functions: its name, and the digests of the files that it consists of."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    reference: str
    files: dict[str, str]

    def digest(self) -> str:
        """Return a digest that is the same wherever the files lie."""
        return digest.of_value([self.reference.rpartition(":")[2], sorted(self.files.values())])

    def stale(self) -> list[str]:
        """Return the files that have changed, or are gone, since they were frozen."""
        return [
            name
            for name, known in self.files.items()
            if not Path(name).is_file() or digest.of_source(Path(name)) != known
        ]


class Engine(BaseModel):
    """How the trials of a study are stepped.

    Attributes:
        name: Which engine.
        reason: Why, as words that go on after "since".
        in_blocks: Whether the batch engine steps without Python between the steps.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: Literal["loop", "batch"]
    reason: str
    in_blocks: bool = False


class FrozenStudy(BaseModel):
    """A study with nothing left open.

    Attributes:
        study: The study; seed, batch_size and n_trial are numbers.
        study_file: The file that it came from.
        code: The user's functions by role: generator, runtime, objective, requirement <name>.
        engine: How its trials are stepped; None where nothing is simulated.
        inputs: Digest of each file under the study's `inputs`.
        digests: For each stage, the digest of all that its results depend on beside the previous stage.
        units: Unit of each parameter.
        n_trial_before: The `n_trial` that the study had each time before it was raised, ascending.
        provenance: Versions, commit, machine, command line, time.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    study: Study
    study_file: str
    code: dict[str, Code]
    engine: Engine | None = None
    inputs: dict[str, str]
    digests: dict[str, str]
    units: dict[str, str]
    n_trial_before: tuple[int, ...] = ()
    provenance: dict[str, Any] = {}

    @property
    def batch_size(self) -> int:
        assert isinstance(self.study.batch_size, int)
        return self.study.batch_size

    @property
    def n_trial(self) -> int:
        return self.study.trial_count

    @property
    def seed(self) -> int:
        assert self.study.seed is not None
        return self.study.seed

    @property
    def batches(self) -> range:
        return range(-(-self.n_trial // self.batch_size))

    def trials(self, batch: int) -> range:
        """Return the numbers of the trials of one batch."""
        return range(batch * self.batch_size, min((batch + 1) * self.batch_size, self.n_trial))

    def write(self, layout: StudyLayout) -> None:
        """Write study.json."""
        files.write_json(layout.study, self.model_dump(mode="json"))


def read_frozen(layout: StudyLayout) -> FrozenStudy:
    """Return the frozen study of a results folder.

    Raises:
        StudyError: There is no study.json, or it was written by another version of mojo.
    """
    if not layout.study.is_file():
        folders = sorted(layout.root.iterdir()) if layout.root.is_dir() else []
        near = [str(folder) for folder in folders if StudyLayout(folder).study.is_file()]
        advice = f"Name one of its studies: {', '.join(near)}." if near else "Run `snakemake` first."
        raise StudyError(f"{layout.root} holds no study: {layout.study} does not exist. {advice}")
    try:
        return FrozenStudy.model_validate(files.read_json(layout.study))
    except ValueError as error:
        raise StudyError(
            f"{layout.study} cannot be read; was it written by another version of mojo? Move {layout.root} away, "
            f"or run `snakemake clean`. ({error})"
        ) from error


def function_role(requirement: str) -> str:
    """Return the role, in `FrozenStudy.code`, of the function that judges a requirement."""
    return f"requirement {requirement}"


def auto_batch_size(n_trial: int) -> int:
    """Return the batch size for `auto`: n_trial/16, but at least 64 and at most 256.

    A batch deals its trials to all workers, and resumes by trial: small ones would only cost a job each.
    """
    return min(max(-(-n_trial // 16), 64), 256)


def stage_digests(study: Study, code: dict[str, Code], inputs: dict[str, str]) -> dict[str, str]:
    """Return, for each stage, the digest of all that its results depend on beside the previous stage's.

    mojo's own sources count for the stages that use them, MuJoCo's version where models are compiled or stepped,
    NumPy's and SciPy's where numbers are drawn: results of two versions are never mixed.
    """
    user = {role: code[role].digest() for role in code}
    dump = study.model_dump(mode="json")
    overrides, inputs_digest = dump["overrides"], sorted(inputs.values())
    fixed_size = {"n_trial": dump["n_trial"]} if not study.can_grow() else {}
    parts: dict[str, Any] = {
        "design": [_pick(dump, *study.DESIGN_KEYS, "seed"), overrides, fixed_size, study.design_extras()]
        + [_version(package) for package in study.design_packages()],
        "generate": [user.get("generator"), _pick(dump, "gen_args", "gen_kwargs"), overrides, inputs_digest]
        + [_version("mujoco")],
        "simulate": [
            user.get("runtime"),
            _pick(dump, "run_args", "run_kwargs", "duration", "keyframe", "engine"),
            inputs_digest,
        ]
        + [_pick(dump, "signals", "record_decimation", "allow_warnings"), _version("mujoco")]
        + [study.command and study.command.decides()]
        + [{name: requirement.judged_by() for name, requirement in study.ends_trials().items()}],
        "score": [user.get("objective"), study.command and study.command.score, inputs_digest]
        + [{name: requirement.judged_by() for name, requirement in study.requirements.items()}]
        + [{name: user[function_role(name)] for name in study.requirement_functions()}],
        "film": [_pick(dump, "films"), _version("mujoco")],
        "report": [dump["name"]],
    }
    return {stage: digest.of_value([parts[stage], digest.of_package(*_OWN_SOURCES[stage])]) for stage in STAGES}


def _pick(dump: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: dump[key] for key in keys}


def _version(package: str) -> str:
    return importlib.metadata.version(package)


def asked_for(layout: StudyLayout, frozen: FrozenStudy) -> int:
    """Return how many trials a study asks for; one that ended early asks for those that it has.

    Its complete.json is written last of all, and its study.json again when it is to go on.
    """
    ended, begun = (path.stat().st_mtime_ns if path.is_file() else 0 for path in (layout.complete, layout.study))
    if ended <= begun:
        return frozen.n_trial
    from pyarrow import parquet  # loads Arrow, which studies that go on need not wait for

    tables = (layout.table("design", batch) for batch in frozen.batches)
    return sum(parquet.read_metadata(table).num_rows for table in tables if table.is_file())
