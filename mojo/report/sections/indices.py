"""Sobol indices and Morris' effects of studies whose design varies one input at a time."""

import numpy as np

from mojo.evidence.sensitivity import ENOUGH_BLOCKS, LEAST_BLOCKS, Morris, Sobol
from mojo.report.data import StudyData
from mojo.report.figures import theme
from mojo.report.figures.forest import Series, forest_figure
from mojo.report.indices import Indexed
from mojo.report.numbers import NBSP, count, counted, shortened, significant, with_unit
from mojo.report.page import Plot, Section

TITLES = {"saltelli": "Shares of the variance", "morris": "Effects of the inputs"}
TOLD = 3


def section(data: StudyData) -> Section | None:
    """Return the indices of each score, or None for other designs."""
    found = data.findings.indices
    if not found:
        return None
    values = {
        "design": data.design,
        "inputs": len(data.factors),
        "block": len(data.factors) + (2 if data.design == "saltelli" else 1),
        "sentences": [_sentence(data, one) for one in found],
        "plots": [_plot(data, one) for one in found if one.found is not None],
        "no_interval": max(one.blocks for one in found) < ENOUGH_BLOCKS,
        "enough": ENOUGH_BLOCKS,
        "dropped": [f"{shortened(one.name)}: {counted(one.dropped, 'block')}" for one in found if one.dropped],
        "blocks": max(one.blocks + one.dropped for one in found),
    }
    summary = f"{count(max(one.blocks for one in found))} blocks"
    return Section("indices", TITLES[data.design], "indices.html.j2", values, summary)


def _sentence(data: StudyData, one: Indexed) -> dict[str, str]:
    if one.found is None:
        needed = ENOUGH_BLOCKS if data.design == "saltelli" else LEAST_BLOCKS
        few = f"too few whole blocks ({one.blocks}, and it takes {needed})"
        told = few if one.blocks < needed else "it does not vary"
        return {"name": shortened(one.name), "told": told}
    if isinstance(one.found, Sobol):
        first, total = one.found.first.values, one.found.total.values
        parts = [
            f"{shortened(data.factors[i])} explains {_share(first[i])} alone, {_share(total[i])} with others"
            for i in np.argsort(-total[:, 0])[:TOLD]
        ]
        return {"name": shortened(one.name), "told": "; ".join(parts)}
    size, unit = one.found.size.values, data.unit(one.name)
    parts = [
        f"{shortened(data.factors[i])} changes it by {_change(size[i])}{f'{NBSP}{unit}' if unit else ''}"
        for i in np.argsort(-size[:, 0])[:TOLD]
    ]
    return {"name": shortened(one.name), "told": "; ".join(parts)}


def _share(estimate: np.ndarray) -> str:
    """Return "80 % (76 to 84)"."""
    value, low, high = (significant(100 * part, 2) for part in estimate)
    return f"{value}{NBSP}% ({low} to {high})"


def _change(estimate: np.ndarray) -> str:
    """Return "1.5 (1.2 to 1.8)", or the first alone where there is no interval."""
    value, low, high = (significant(part, 2) for part in estimate)
    return f"{value} ({low} to {high})" if np.isfinite(estimate).all() else value


def _plot(data: StudyData, one: Indexed) -> Plot:
    title = with_unit(one.name, data.unit(one.name))
    if isinstance(one.found, Sobol):
        total = one.found.total.values
        order = np.argsort(-total[:, 0])
        series = [
            Series("alone", theme.BLUE, "circle", one.found.first.values[order]),
            Series("with others", theme.ORANGE, "diamond", total[order]),
        ]
        figure = forest_figure([data.factors[i] for i in order], series, "share of the variance", None)
        return Plot(figure, title, f"Sobol indices of {shortened(one.name)}: first order and total of each input.")
    assert isinstance(one.found, Morris)
    order = np.argsort(-one.found.size.values[:, 0])
    series = [
        Series("mean change", theme.BLUE, "circle", one.found.size.values[order]),
        Series("spread", theme.ORANGE, "diamond", np.column_stack([one.found.spread[order]] * 3)),
    ]
    axis = theme.axis_title("change over the range", data.unit(one.name))
    figure = forest_figure([data.factors[i] for i in order], series, axis, None)
    return Plot(figure, title, f"Morris’ effects on {shortened(one.name)}: mean absolute change and its spread.")
