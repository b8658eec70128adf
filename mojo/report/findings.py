"""Findings: what the trials say, computed once; the page shows it, and evidence.json keeps it for scripts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from mojo.evidence.averages import (
    Convergence,
    Interval,
    convergence,
    mean_interval,
    quantile_interval,
    share_interval,
)
from mojo.evidence.health import Health, health
from mojo.evidence.sensitivity import Morris, Sobol
from mojo.report.data import SEARCHES, StudyData, floats, is_number
from mojo.report.drivers import Driven, Inputs, find_drivers, usable
from mojo.report.indices import Indexed, find_indices
from mojo.report.splits import Divided, find_splits
from mojo.report.statistics import PROBABILITIES, Summary, summarise

CONFIDENCE = 0.95
INDEPENDENT = ("random", "list")
"""Designs whose trials are independent draws, or taken for it."""


@dataclass(frozen=True)
class Metric:
    """One score over all trials that count.

    Attributes:
        name: Its column.
        unit: Its unit.
        size: Trials that have it.
        values: The finite values, in the order of the trials, shape (n,).
        summary: Moments and quantiles; None where no value is finite.
        mean: Interval of the mean.
        quantiles: Interval of the quantile at each of `PROBABILITIES`; none of a share.
        settled: How the mean settled; None for fewer than two values, values that are all the same, or a share.
        is_share: Whether the values are true (1) or false (0), so that their mean is a share.
    """

    name: str
    unit: str | None
    size: int
    values: np.ndarray
    summary: Summary | None
    mean: Interval
    quantiles: tuple[Interval, ...]
    settled: Convergence | None
    is_share: bool = False

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers, which have no digits to be rounded off."""
        return bool(np.array_equal(self.values, np.round(self.values)))


class Findings:
    """What the trials of a study say."""

    def __init__(self, data: StudyData) -> None:
        self._data = data

    @property
    def independent(self) -> bool:
        """Whether the trials are independent draws; those of a sweep are chosen, and those of a search are led."""
        return self._data.kind == "monte-carlo" and self._data.design in INDEPENDENT

    @cached_property
    def metrics(self) -> list[Metric]:
        """Every score that is a number, over the successful draws."""
        return [self._metric(name) for name in self._data.scores if is_number(self._data.table[name])]

    @cached_property
    def inputs(self) -> Inputs:
        """The inputs that vary between the successful draws."""
        return usable(self._data, self._data.sampled)

    @cached_property
    def drivers(self) -> list[Driven]:
        """The drivers of each score that varies; of a search its importances tell, since it varies nothing evenly."""
        return [] if self._data.kind in SEARCHES else find_drivers(self._data, self.inputs, CONFIDENCE)

    @cached_property
    def splits(self) -> list[Divided]:
        """Trials that fail in some way beside those that do not."""
        return find_splits(self._data)

    @cached_property
    def indices(self) -> list[Indexed]:
        """Sobol indices or Morris' effects of each score, where the design is made for them."""
        return find_indices(self._data, CONFIDENCE)

    @cached_property
    def health(self) -> Health:
        """How the trials ran."""
        return health(self._data.table)

    def plain(self) -> dict[str, Any]:
        """Return all of it as numbers, texts, lists and dicts; None for what is not known."""
        return {
            "confidence": CONFIDENCE,
            "independent draws": self.independent,
            "metrics": {metric.name: _metric_plain(metric) for metric in self.metrics},
            "drivers": {driven.name: _driven_plain(driven) for driven in self.drivers},
            "inputs left out": self.inputs.left_out,
            "indices": {one.name: _indexed_plain(one, self._data.factors) for one in self.indices},
            "where trials fail": {divided.what: _divided_plain(divided) for divided in self.splits},
            "health": self.health.plain(),
        }

    def _metric(self, name: str) -> Metric:
        rows = self._data.sampled.select("trial", name).drop_nulls(name)
        numbers = floats(rows[name])
        kept = np.isfinite(numbers)
        values, summary = numbers[kept], summarise(numbers)
        unit = self._data.unit(name)
        if summary is None:
            return Metric(name, unit, rows.height, values, None, (None, None), (), None)
        blocks = self._data.blocks(rows["trial"].to_numpy()[kept])
        # Numbers that are all 0, or all 1, may as well be counts that came out the same.
        if rows[name].dtype == pl.Boolean or set(values) == {0.0, 1.0}:
            share = share_interval(values, blocks, CONFIDENCE)
            return Metric(name, unit, rows.height, values, summary, share, (), None, is_share=True)
        quantiles = tuple(
            quantile_interval(values, probability, CONFIDENCE, blocks, self.independent)
            for probability in PROBABILITIES
        )
        mean = mean_interval(values, blocks, CONFIDENCE)
        settled = convergence(values, blocks, CONFIDENCE) if summary.drawable else None
        return Metric(name, unit, rows.height, values, summary, mean, quantiles, settled)


def _metric_plain(metric: Metric) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": metric.unit, "trials": len(metric.values)}
    if metric.summary is None:
        return found
    summary = metric.summary
    if metric.is_share:
        return found | {"share": _estimate((summary.mean, *metric.mean))}
    quantiles = {
        f"{probability:g}": _estimate((value, *interval))
        for probability, value, interval in zip(PROBABILITIES, summary.quantiles, metric.quantiles, strict=True)
    }
    deviation = summary.std if summary.size > 1 else None
    found |= {"mean": _estimate((summary.mean, *metric.mean)), "standard deviation": deviation}
    return found | {"least": summary.low, "greatest": summary.high, "quantiles": quantiles}


def _driven_plain(driven: Driven) -> dict[str, Any]:
    return {
        "trials": driven.size,
        "rank correlation": {driver.name: _estimate(driver.alone) for driver in driven.drivers},
        "partial rank correlation": {driver.name: _estimate(driver.partial) for driver in driven.drivers},
        "words": {name: {"share of variance": share, "chance": chance} for name, share, chance in driven.words},
        "interactions": [{"inputs": pair.names, "share of variance": pair.found.share} for pair in driven.pairs],
    }


def _indexed_plain(one: Indexed, factors: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"blocks": one.blocks, "blocks dropped": one.dropped}
    if isinstance(one.found, Sobol):
        indices = {"first order": one.found.first.values, "total": one.found.total.values}
    elif isinstance(one.found, Morris):
        indices = {"mu*": one.found.size.values, "mu": one.found.mean, "sigma": one.found.spread}
    else:
        indices = {}
    return found | {
        name: {
            factor: _estimate(value) if value.ndim else float(value)
            for factor, value in zip(factors, values, strict=True)
        }
        for name, values in indices.items()
    }


def _divided_plain(divided: Divided) -> dict[str, Any]:
    inputs = {
        split.name: {
            "median": _number(split.failed),
            "median of the others": _number(split.passed),
            "larger in these": _number(split.larger),
            "chance": split.chance,
        }
        for split in divided.splits
    }
    return {"trials": divided.failed, "others": divided.passed, "inputs": inputs}


def _estimate(values: Iterable[float | None]) -> dict[str, float | None]:
    value, low, high = (None if number is None else _number(number) for number in values)
    return {"value": value, "low": low, "high": high}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
