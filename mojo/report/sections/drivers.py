"""What drives the scores: inputs that go along with them, alone and together."""

from itertools import pairwise

import numpy as np
from scipy import special

from mojo.evidence.caveats import APART
from mojo.evidence.correlations import LEAST_TRIALS
from mojo.report.data import SEARCHES, StudyData
from mojo.report.drivers import Driven, Driver, Estimate, Pair
from mojo.report.figures import theme
from mojo.report.figures.forest import Series, cells_figure, forest_figure
from mojo.report.findings import CONFIDENCE
from mojo.report.numbers import counted, listed, share, shortened, significant, with_unit
from mojo.report.page import Plot, Section

MAX_ROWS = 15
MAX_SCORES = 24
FIRST = 6
"""Scores whose figures are seen at once; the others are folded away."""
TOLD = 3
ALMOST = 1 - 1e-12
CERTAIN = 0.01
"""A likelier difference between words is not told."""


def section(data: StudyData) -> Section | None:
    """Return the drivers of each score, or None where there are no inputs or no scores, and for searches."""
    if data.kind in SEARCHES or not data.scores or not (data.parameters or data.named):
        return None
    found, inputs = data.findings.drivers, data.findings.inputs
    plots = [_forest(data, driven) for driven in found[:MAX_SCORES] if driven.drivers]
    values = {
        "sentences": [text for driven in found[:MAX_SCORES] if (text := _sentence(driven))],
        "plots": plots[:FIRST],
        "folded": plots[FIRST:],
        "scores_left_out": max(0, len(found) - MAX_SCORES),
        "pairs": [_cells(data, driven, pair) for driven in found[:MAX_SCORES] for pair in driven.pairs],
        "words": [row for driven in found[:MAX_SCORES] for row in _words(driven)],
        "few": data.sampled.height if data.sampled.height < LEAST_TRIALS else None,
        "least": LEAST_TRIALS,
        "no_partial": any(np.isnan(driven.drivers[0].partial[0]) for driven in found if driven.drivers),
        "rows_left_out": len(inputs.numbers) - MAX_ROWS,
        "left_out": sorted(inputs.left_out.items(), key=lambda item: item[1]),
        "anything": bool(found),
        "counted": APART.get(data.design, ""),
    }
    total = len(inputs.numbers) + len(inputs.words)
    return Section("drivers", "Drivers", "drivers.html.j2", values, f"{counted(total, 'input')} that vary")


def is_clear(estimate: Estimate, inputs: int) -> bool:
    """Return whether an interval leaves out 0 even where it is widened, on Fisher's scale, for the number of inputs."""
    low, high = np.arctanh(np.clip(estimate[1:], -ALMOST, ALMOST))
    wider = float(special.ndtri((1 - CONFIDENCE) / 2 / inputs) / special.ndtri((1 - CONFIDENCE) / 2))
    return bool(abs(low + high) > wider * (high - low))  # False where the ends are nan


def _told(driver: Driver, inputs: int) -> str:
    """Return how a score goes along with an input, "" where that may be chance."""
    for estimate, condition in ((driver.alone, ""), (driver.partial, " where all others are held fixed")):
        if is_clear(estimate, inputs):
            way = "rises" if estimate[0] > 0 else "falls"
            return f"{shortened(driver.name)} ({way} with it{condition}, {share(estimate[0])})"
    return ""


def _sentence(driven: Driven) -> dict[str, str]:
    """Return what drives a score, in words."""
    count = len(driven.drivers)
    told = [text for driver in driven.drivers if (text := _told(driver, count))][:TOLD]
    told += [
        f"{shortened(name)} (differs between its words, which explain {significant(100 * part, 2)} %)"
        for name, part, chance in driven.words
        if chance < CERTAIN and part > 0
    ]
    told += [
        f"{shortened(pair.names[0])} and {shortened(pair.names[1])} together "
        f"({significant(100 * pair.found.share, 2)} % of the variance, beyond what each explains alone)"
        for pair in driven.pairs
    ]
    return {"name": shortened(driven.name), "told": listed(told, 8) or "it rises or falls clearly with no input"}


def _forest(data: StudyData, driven: Driven) -> Plot:
    shown = driven.drivers[:MAX_ROWS]
    series = [
        Series("alone", theme.BLUE, "circle", np.array([driver.alone for driver in shown])),
        Series("others held fixed", theme.ORANGE, "diamond", np.array([driver.partial for driver in shown])),
    ]
    figure = forest_figure([driver.name for driver in shown], series, "rank correlation", (-1.05, 1.05))
    strongest = ", ".join(f"{shortened(d.name)} {share(d.alone[0])}" for d in shown[:TOLD])
    described = f"Rank correlations of inputs with {shortened(driven.name)}; strongest: {strongest}."
    return Plot(figure, with_unit(driven.name, data.unit(driven.name)), described)


def _words(driven: Driven) -> list[dict[str, str]]:
    return [
        {
            "score": driven.name,
            "input": name,
            "share": f"{significant(100 * part, 2)} %",
            "chance": chance_text(chance),
        }
        for name, part, chance in driven.words
    ]


def chance_text(chance: float) -> str:
    """Return how likely something is by chance, as "3.1 %" or "below 0.01 %"."""
    return "below 0.01 %" if chance < 1e-4 else f"{significant(100 * chance, 2)} %"


def _cells(data: StudyData, driven: Driven, pair: Pair) -> Plot:
    labels = tuple(
        words if words is not None else _ranges(edges, size)
        for words, edges, size in zip(pair.labels, pair.found.edges, pair.found.means.shape, strict=True)
    )
    names = tuple(with_unit(name, data.unit(name)) for name in pair.names)
    score = with_unit(driven.name, data.unit(driven.name))
    figure = cells_figure(pair.found.means, (labels[0], labels[1]), (names[0], names[1]), score)
    title = f"{driven.name} over {pair.names[0]} and {pair.names[1]}"
    part = significant(100 * pair.found.share, 2)
    note = f"Together the two explain {part} % of the variance beyond what each explains alone."
    return Plot(figure, shortened(title, 100), f"Mean {shortened(title, 100)}, in cells.", note)


def _ranges(edges: np.ndarray, size: int) -> list[str]:
    """Return the bins in words: their ends, or the values where each has a bin of its own."""
    if edges.size == size:
        return [significant(float(value), 4) for value in edges]
    ends = [significant(float(edge), 3) for edge in edges]
    return [f"{low} to {high}" for low, high in pairwise(ends)]
