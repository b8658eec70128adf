"""Freeze: from a study file to a study with nothing left open."""

import secrets
from collections.abc import Callable
from pathlib import Path

from mojo import digest, files
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import Code, Engine, FrozenStudy, auto_batch_size, read_frozen, stage_digests
from mojo.study.kinds import Study

Preflight = Callable[[FrozenStudy], tuple[dict[str, Code], Engine | None, list[str]]]


def existing(layout: StudyLayout) -> FrozenStudy | None:
    """Return the study as it was frozen before, or None.

    Raises:
        StudyError: Its folder cannot be one, since a file has that name, or its study.json cannot be read.
    """
    for folder in (layout.root.parent, layout.root):
        if folder.exists() and not folder.is_dir():
            raise StudyError(
                f"{folder.absolute()} is a file, but results are to be written in a folder of that name. Move the "
                "file away, or run Snakemake in another folder with --directory."
            )
    return read_frozen(layout) if layout.study.is_file() else None


def settle(study: Study, old: FrozenStudy | None) -> Study:
    """Return the study with seed, number of trials and batch size decided; what was decided before is kept.

    Raises:
        StudyError: n_trial is missing where the design does not tell it, or does not fit it.
    """
    n_trial = study.n_trial or _size_of_design(study)
    if n_trial is None:
        raise StudyError("n_trial: is missing. Only designs of a fixed size (grid, list) can do without it.")
    study.films.check(n_trial)
    seed = study.seed
    if seed is None:
        seed = old.study.seed if old is not None else secrets.randbits(63)
    if study.own_batch_size is not None:
        batch_size: int | str = study.own_batch_size
    elif old is not None:
        batch_size = old.batch_size
    else:
        batch_size = auto_batch_size(n_trial) if study.batch_size == "auto" else study.batch_size
    return study.model_copy(update={"n_trial": n_trial, "seed": seed, "batch_size": batch_size})


def _size_of_design(study: Study) -> int | None:
    from mojo.sampling.kinds import sampler  # loads polars, to count the rows of a list

    return sampler(study.kind).trial_count(study)


def freeze(
    study: Study, study_file: Path, old: FrozenStudy | None, preflight: Preflight
) -> tuple[FrozenStudy, list[str]]:
    """Return the frozen study and advice; the preflight is left out when nothing has changed since the last.

    Args:
        study: The settled study.
        study_file: Where it came from.
        old: The study as it was frozen before.
        preflight: Checks the user's code, and tells which files it consists of.
    """
    named = study.command.files() if study.command is not None else []
    inputs = {name: digest.of_source(Path(name)) for name in [*study.inputs, *study.design_files(), *named]}
    draft = FrozenStudy(
        study=study, study_file=str(study_file), code={}, inputs=inputs, digests={}, units=study.parameter_units()
    )
    if old is not None and _same_code(draft, old):
        code, engine, advice = old.code, old.engine, list[str]()
    else:
        code, engine, advice = preflight(draft)
    digests = stage_digests(study, code, inputs)
    draft = draft.model_copy(update={"n_trial_before": _n_trial_before(study, old)})
    if old is not None and digests == old.digests and study == old.study:
        return old, advice
    return draft.model_copy(update={"code": code, "engine": engine, "digests": digests}), advice


def _n_trial_before(study: Study, old: FrozenStudy | None) -> tuple[int, ...]:
    """Return each n_trial that a search had before it was raised; a search with other keys begins anew."""
    keys = {*study.DESIGN_KEYS, "seed", "overrides"}
    if old is None or not study.SEARCHES or study.model_dump(include=keys) != old.study.model_dump(include=keys):
        return ()
    known = {*old.n_trial_before, old.study.n_trial or 0}
    return tuple(sorted(count for count in known if count < (study.n_trial or 0)))


def _same_code(draft: FrozenStudy, old: FrozenStudy) -> bool:
    ignored = {"n_trial", "max_failures", "retries", "timeout", "slurm"}
    return (
        draft.study.model_dump(exclude=ignored) == old.study.model_dump(exclude=ignored)
        and draft.inputs == old.inputs
        and not any(code.stale() for code in old.code.values())
    )


def check_growth(layout: StudyLayout, old: FrozenStudy | None, new: FrozenStudy) -> None:
    """Check that trials which exist keep their parameters when n_trial changes.

    Raises:
        StudyError: The design deals all of its points anew for another number of trials.
    """
    if old is None or old.n_trial == new.n_trial or new.study.can_grow():
        return
    if not any(layout.table("design", batch).exists() for batch in old.batches):
        return
    refusal = new.study.growth_refusal(old.n_trial, new.n_trial)
    raise StudyError(f"n_trial: {refusal} Or run `snakemake clean` to start this one anew.")


def check_writable(layout: StudyLayout) -> None:
    """Check that files can be written into the results folder.

    Raises:
        StudyError: They cannot.
    """
    probe = layout.root / ".writable"
    try:
        with files.replacing(probe) as temporary:
            temporary.touch()
        probe.unlink()
    except OSError as error:
        raise StudyError(
            f"The results folder {layout.root.absolute()} cannot be written: {error.strerror}. Run Snakemake in a "
            "folder of yours, or choose one with --directory."
        ) from error
