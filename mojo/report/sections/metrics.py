"""The objective and the metrics of successful trials: means and quantiles with their intervals, histograms."""

from mojo.evidence.averages import Interval
from mojo.report.data import StudyData, is_number
from mojo.report.figures.convergence import convergence_figure
from mojo.report.figures.histogram import histogram_figure
from mojo.report.findings import CONFIDENCE, Metric
from mojo.report.numbers import NOT_THERE, counted, known, listed, shortened, with_unit
from mojo.report.page import Plot, Section
from mojo.report.statistics import FEW, PROBABILITIES, Summary

MAX_HISTOGRAMS = 48
EVEN = "They are spread more evenly, so that as a rule means and quantiles are known better than the intervals say"
GRID = "They stand on a grid: means and quantiles describe the grid, and not all possible trials"
TOGETHER = "Some belong together, and the intervals treat those as one"
LED = "A search goes where scores are good: means and quantiles describe its trials, and not all possible ones"
CAVEATS = {"lhs": EVEN, "sobol": EVEN, "halton": EVEN, "grid": GRID, "morris": GRID}
CAVEATS |= {"antithetic": TOGETHER, "saltelli": TOGETHER}
OF_KIND = {"sweep": GRID, "optimize": LED, "population": LED}


def section(data: StudyData) -> Section | None:
    """Return moments, quantiles and figures of each score, or None where nothing was scored."""
    if not data.scores:
        return None
    metrics = data.findings.metrics
    drawn = [metric for metric in metrics if metric.settled is not None]
    values = {
        "rows": [_row(metric) for metric in metrics],
        "probabilities": [f"{100 * p:g} %" for p in PROBABILITIES],
        "confidence": f"{CONFIDENCE:.0%}".replace("%", " %"),
        "plots": [_histogram(metric) for metric in drawn[:MAX_HISTOGRAMS]],
        "settled": [_settled(metric) for metric in drawn[:MAX_HISTOGRAMS]],
        "histograms_left_out": len(drawn) - MAX_HISTOGRAMS,
        "equal": listed(m.name for m in metrics if m.summary and m.summary.high == m.summary.low and not m.is_share),
        "shares": listed(m.name for m in metrics if m.is_share),
        "words": listed(name for name in data.scores if not is_number(data.table[name])),
        "few": 0 < data.sampled.height < FEW,
        "nominal": data.nominal if data.sampled.height < data.successes.height else None,
        "successes": data.sampled.height,
        "looked": data.stop_when is not None,
        "left_out": data.unsuccessful.height,
        "caveat": OF_KIND.get(data.kind) or CAVEATS.get(data.design, ""),
    }
    return Section("metrics", "Metrics", "metrics.html.j2", values, counted(data.sampled.height, "trial"))


def _row(metric: Metric) -> dict:
    """Return one line of the table; digits end where intervals make them meaningless."""
    summary, common = metric.summary, {"name": metric.name, "unit": metric.unit}
    if summary is None:
        return common | {"size": 0, "left_out": metric.size, "mean": None}
    if metric.is_share:
        return _share(metric, summary) | common
    error = summary.standard_error
    return common | {
        "size": summary.size,
        "left_out": summary.left_out,
        "mean": known(summary.mean, error),
        "interval": _between(metric.mean, error),
        "deviation": known(summary.std, error) if summary.size > 1 else NOT_THERE,
        "low": known(summary.low, 0.0 if metric.whole else error),
        "high": known(summary.high, 0.0 if metric.whole else error),
        "quantiles": [
            _quantile(value, interval, 0.0 if metric.whole else error)
            for value, interval in zip(summary.quantiles, metric.quantiles, strict=True)
        ],
    }


def _share(metric: Metric, summary: Summary) -> dict:
    """Return the line of truth values, ones and zeros: all that there is to say is the share of true ones."""
    low, high = (end or 0.0 for end in metric.mean)
    error = (high - low) / 4
    blank = dict.fromkeys(("deviation", "low", "high"), NOT_THERE)
    return blank | {
        "size": summary.size,
        "left_out": summary.left_out,
        "mean": known(summary.mean, error),
        "interval": _between(metric.mean, error),
        "quantiles": [{"value": NOT_THERE, "interval": ""}] * len(PROBABILITIES),
    }


def _quantile(value: float, interval: Interval, error: float) -> dict[str, str]:
    """Return a quantile with the digits that its own interval allows, all where the error is 0, and the interval."""
    low, high = interval
    width = error if error == 0 or low is None or high is None else (high - low) / 4
    return {"value": known(value, width), "interval": _between(interval, width)}


def _between(interval: Interval, uncertainty: float) -> str:
    """Return "1.2 to 1.4", or which end is open."""
    low, high = (None if end is None else known(end, uncertainty) for end in interval)
    if low is None and high is None:
        return NOT_THERE
    if low is None:
        return f"below {high}"
    return f"above {low}" if high is None else f"{low} to {high}"


def _histogram(metric: Metric) -> Plot:
    assert metric.summary is not None
    low, _, median, _, high = (known(q, metric.summary.standard_error) for q in metric.summary.quantiles)
    return Plot(
        histogram_figure(metric.values, metric.summary, metric.name, metric.unit),
        with_unit(metric.name, metric.unit),
        f"Histogram of {shortened(metric.name)}: median {median}, 5 to 95 % from {low} to {high}.",
    )


def _settled(metric: Metric) -> Plot:
    assert metric.settled is not None
    return Plot(
        convergence_figure(metric.settled, metric.name, metric.unit),
        with_unit(metric.name, metric.unit),
        f"Mean of {shortened(metric.name)} over the first trials, with its interval, as trials were added.",
    )
