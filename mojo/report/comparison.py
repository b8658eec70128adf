"""Comparison: what differs between two studies, and whether it is more than chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from mojo.evidence.caveats import APART
from mojo.evidence.differences import (
    ALPHA,
    Test,
    compare_numbers,
    compare_shares,
    differences,
    holm,
    share_greater,
)
from mojo.evidence.words import asked, percent
from mojo.files import read_json
from mojo.layout import StudyLayout
from mojo.report.data import StudyData, floats, is_number
from mojo.report.numbers import counted, listed, shortened, significant

ABSENT = "–"
UNTOLD = ("name", "slurm", "films", "report", "max_failures", "retries", "timeout")
"""Keys of the study that change nothing of its trials."""
VALUE_LENGTH = 120


@dataclass(frozen=True)
class Difference:
    """One measure of both studies, tested.

    Attributes:
        name: The requirement or metric.
        unit: Its unit.
        before, after: What it was, in words.
        change: What changed, in words; "" where there is nothing to tell.
        test: The test; None where there are too few trials.
        corrected: Its p-value, allowing for all tests of the comparison.
    """

    name: str
    unit: str | None
    before: str
    after: str
    change: str
    test: Test | None
    corrected: float | None = None

    @property
    def is_real(self) -> bool:
        """Whether the difference is more than chance."""
        return self.corrected is not None and self.corrected < ALPHA


@dataclass(frozen=True)
class Comparison:
    """Two studies, side by side."""

    before: StudyData
    after: StudyData
    pairs: Sequence[int] | None
    """Trials that met the same draws in both; None where the groups are compared as wholes."""
    why: str
    """Why they are paired, or not, in words."""
    requirements: Sequence[Difference]
    metrics: Sequence[Difference]
    keys: Sequence[tuple[str, str, str]]
    """Study keys that differ: path, before, after."""
    origins: Sequence[tuple[str, str, str]]
    """Versions, code and machine that differ."""

    @property
    def differences(self) -> list[Difference]:
        return [*self.requirements, *self.metrics]

    @property
    def statement(self) -> str:
        """Return what was found, in a sentence."""
        tested = [difference for difference in self.differences if difference.test]
        real = [shortened(difference.name) for difference in tested if difference.is_real]
        if not tested:
            return "Nothing could be tested: the studies share no requirement or metric with enough trials"
        if not real:
            return f"No difference stands out from chance, in {counted(len(tested), 'test')}"
        verb = "is" if len(real) == 1 else "are"
        return f"{len(real)} of {counted(len(tested), 'difference')} {verb} more than chance: {listed(real, 6)}"

    @property
    def caveats(self) -> list[str]:
        """Return what the tests take for granted, and what not."""
        tests = sum(difference.test is not None for difference in self.differences)
        found = [
            "p is the chance of a difference at least as large if nothing but chance had changed; the corrected one "
            f"allows for all {counted(tests, 'test')} (Holm), and below {ALPHA:g} a difference counts as real",
            "Ranks are compared, so a change of the spread alone is not seen",
        ][: 2 * bool(tests)]
        designs = {data.design for data in (self.before, self.after)}
        found += [f"Of the design {name}, tests count {APART[name]} alone" for name in sorted(designs & APART.keys())]
        if self.before.searches or self.after.searches:
            found.append(
                "A search goes where scores are good: its trials are no draws, so p says little of metrics; compare "
                "its best designs by their confirmations"
            )
        if designs - {"random", "list"} and {self.before.kind, self.after.kind} == {"monte-carlo"}:
            found.append(
                "The designs spread trials more evenly than independent draws, so p is approximate, as a rule too large"
            )
        return found


def compare(before: StudyData, after: StudyData) -> Comparison:
    """Return what differs between two studies. The nominal trial is no draw, and does not count."""
    pairs, why = find_pairs(before, after)
    outcome = _outcome(before, after, pairs)
    requirements = [*([outcome] if outcome else []), *_requirements(before, after, pairs)]
    found = [_metric(before, after, name, pairs) for name in before.scores if name in after.scores]
    rows = _corrected([*requirements, *(row for row in found if row is not None)])
    return Comparison(
        before=before,
        after=after,
        pairs=pairs,
        why=why,
        requirements=rows[: len(requirements)],
        metrics=rows[len(requirements) :],
        keys=changed_keys(before.study, after.study),
        origins=_origins(before.layout, after.layout),
    )


def _corrected(rows: Sequence[Difference]) -> list[Difference]:
    """Return the rows with p-values that allow for the number of tests."""
    fair = iter(holm([row.test.p for row in rows if row.test]))
    return [replace(row, corrected=next(fair)) if row.test else row for row in rows]


def find_pairs(before: StudyData, after: StudyData) -> tuple[list[int] | None, str]:
    """Return the trials that met the same draws in both studies, and why there are some or none."""
    ours, others = (_drawn(data) for data in (before, after))
    common = sorted(set(ours["trial"].to_list()) & set(others["trial"].to_list()))
    if before.kind not in ("monte-carlo", "sweep") or before.kind != after.kind:
        return None, "not in pairs, since trials of the same number have nothing to do with each other"
    if before.study.get("seed") != after.study.get("seed"):
        return None, "not in pairs, since the seeds differ"
    if before.study.get("design", "random") != after.study.get("design", "random") or not common:
        return None, "not in pairs, since the designs differ"
    left, right = (table.filter(pl.col("trial").is_in(common)).sort("trial") for table in (ours, others))
    for name in _same_specs(before, after):
        if not left[name].equals(right[name], null_equal=True):
            return None, f"not in pairs, since trials of the same number differ in {shortened(name)}"
    return common, f"in {counted(len(common), 'pair')}: trials of the same number met the same draws"


def _drawn(data: StudyData) -> pl.DataFrame:
    """Return the rows of all trials that have ended and are draws that do not depend on each other."""
    return _apart(data, data.table if data.nominal is None else data.table.filter(pl.col("trial") != data.nominal))


def _apart(data: StudyData, trials: pl.DataFrame) -> pl.DataFrame:
    return trials.filter(pl.Series(data.apart(trials["trial"].to_numpy()), dtype=pl.Boolean))


def _same_specs(before: StudyData, after: StudyData) -> list[str]:
    """Return the parameters that both draw from the same distribution, or that a sweep gives."""
    shared = [name for name in before.parameters if name in after.parameters]
    ours, others = before.study.get("parameters") or {}, after.study.get("parameters") or {}
    return [name for name in shared if ours.get(name) == others.get(name)]


def _requirements(before: StudyData, after: StudyData, pairs: Sequence[int] | None) -> list[Difference]:
    """Return the requirements that both studies have, each with the share of trials that pass."""
    others = {verdict.name: verdict for verdict in after.verdicts}
    found = []
    for verdict in before.verdicts:
        if (other := others.get(verdict.name)) is None:
            continue
        passed = [
            dict(_apart(data, each.trials).select("trial", pl.col("passed").fill_null(False)).iter_rows())
            for data, each in ((before, verdict), (after, other))
        ]
        row = _shares(verdict.name, passed[0], passed[1], pairs)
        words = f"{verdict.state} → {other.state}" if verdict.state != other.state else f"{verdict.state} in both"
        asks = "" if verdict.requirement == other.requirement else f"the second asks: {asked(other.requirement)}"
        found.append(replace(row, change="; ".join(filter(None, [words, row.change, asks]))))
    return found


def _outcome(before: StudyData, after: StudyData, pairs: Sequence[int] | None) -> Difference | None:
    """Return the share of trials that succeed, where any did not."""
    if before.unsuccessful.is_empty() and after.unsuccessful.is_empty():
        return None
    success = pl.col("outcome") == "success"
    ended = [dict(_drawn(data).select("trial", success).iter_rows()) for data in (before, after)]
    return _shares("(trial succeeds)", ended[0], ended[1], pairs)


def _shares(
    name: str, before: Mapping[int, bool], after: Mapping[int, bool], pairs: Sequence[int] | None
) -> Difference:
    paired = None if pairs is None else [trial for trial in pairs if trial in before and trial in after]
    groups = [
        np.array(list(group.values()) if paired is None else [group[trial] for trial in paired], dtype=bool)
        for group in (before, after)
    ]
    lost, gained = (int(np.sum(groups[0] & ~groups[1])), int(np.sum(~groups[0] & groups[1]))) if paired else (0, 0)
    change = f"{gained} of the pairs gained, {lost} lost" if lost or gained else ""
    words = [f"{group.sum()} of {group.size}{f' ({percent(group.mean())})' if group.size else ''}" for group in groups]
    return Difference(name, None, words[0], words[1], change, compare_shares(groups[0], groups[1], paired is not None))


def _metric(before: StudyData, after: StudyData, name: str, pairs: Sequence[int] | None) -> Difference | None:
    """Return a metric of the trials that succeeded, in both studies where they are compared in pairs."""
    if not all(is_number(data.table[name]) for data in (before, after)):
        return None
    sampled = [_apart(data, data.sampled) for data in (before, after)]
    if all(data.table[name].dtype == pl.Boolean for data in (before, after)):
        told = [dict(rows.select("trial", name).drop_nulls().iter_rows()) for rows in sampled]
        return _shares(name, told[0], told[1], pairs)
    value = pl.col(name).cast(pl.Float64)
    tables = [rows.filter(value.is_not_nan()).select("trial", name).drop_nulls() for rows in sampled]
    if pairs is not None:
        both = tables[0].select("trial").join(tables[1].select("trial"), on="trial")
        tables = [
            table.join(both, on="trial").filter(pl.col("trial").is_in(list(pairs))).sort("trial") for table in tables
        ]
    left, right = (floats(table[name]) for table in tables)
    test = compare_numbers(left, right, pairs is not None)
    change = _moved(left, right, pairs is not None) if left.size and right.size else ""
    return Difference(name, before.unit(name), _middle(left), _middle(right), change, test)


def _middle(values: np.ndarray) -> str:
    """Return the median and where nine of ten values lie."""
    if not values.size:
        return ABSENT
    low, median, high = (significant(value, 4) for value in np.quantile(values, (0.05, 0.5, 0.95), method="nearest"))
    return f"{median} ({low} to {high})"


def _moved(before: np.ndarray, after: np.ndarray, paired: bool) -> str:
    """Return by how much the middle moved, and how often the second is greater."""
    if paired and np.array_equal(before, after):
        return "the same in all pairs"
    moved = np.median(differences(before, after)) if paired else np.median(after) - np.median(before)
    sign = "+" if moved > 0 else ""
    return f"{sign}{significant(float(moved), 4)}; greater in {percent(share_greater(before, after, paired))}"


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the path of each key of two mappings that differs, with both values in words."""
    ours, others = (dict(_flat({key: study[key] for key in study if key not in UNTOLD})) for study in (before, after))
    return [
        (path, _word(ours, path), _word(others, path))
        for path in dict.fromkeys([*ours, *others])
        if ours.get(path) != others.get(path) or (path in ours) != (path in others)
    ]


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of nested mappings with their paths."""
    if not isinstance(value, Mapping):
        return [(path, value)]
    return [leaf for key, inner in value.items() for leaf in _flat(inner, f"{path}.{key}" if path else str(key))]


def _word(leaves: Mapping[str, Any], path: str) -> str:
    return shortened(str(leaves[path]), VALUE_LENGTH) if path in leaves else ABSENT


def _origins(before: StudyLayout, after: StudyLayout) -> list[tuple[str, str, str]]:
    """Return the versions, code and machine that differ; when and by which command it was frozen does not count."""
    ours, others = (_origin(read_json(layout.study)) for layout in (before, after))
    return changed_keys(ours, others)


def _origin(frozen: Mapping[str, Any]) -> dict[str, Any]:
    told = frozen.get("provenance") or {}
    found = {key: told.get(key) for key in ("versions", "git", "machine")}
    code = {role: ", ".join(sorted(one.get("files", {}).values())) for role, one in frozen.get("code", {}).items()}
    engine = (frozen.get("engine") or {}).get("name")
    inputs = sorted((frozen.get("inputs") or {}).values())
    return found | {"engine": engine, "digest of": code | {"inputs": ", ".join(inputs)}}
