"""How the recorded signals run over time, over all successful trials."""

import numpy as np
import polars as pl

from mojo.report.bands import Band, read_bands
from mojo.report.data import StudyData
from mojo.report.figures.band import band_figure
from mojo.report.numbers import counted, measured, shortened, with_unit
from mojo.report.page import Plot, Section
from mojo.report.ranking import keys_of, rank
from mojo.report.resampling import POINTS

SCOUTS = 20
MAX_LINES = 8
"""Of the worst trials: more cannot be told from each other."""


def section(data: StudyData) -> Section | None:
    """Return the bands of the recorded signals, or None where no trial recorded any."""
    trials, ranking = data.successes["trial"].to_list(), rank(data)
    worst = ranking.worst[:MAX_LINES] if ranking else []
    drawn = [*worst, *([] if data.nominal is None else [data.nominal])]
    bands, notes = read_bands(data.layout, trials, _scouts(data.successes), drawn, keys_of(data).signals)
    if not bands and not notes.unreadable and not notes.unmatched:
        return None
    there = {trial for band in bands for trial in band.lines}
    values = {
        "plots": [_plot(band, data.nominal) for band in bands],
        "notes": notes,
        "points": bands[0].times.size if bands else 0,
        "reduced": notes.most_rows > POINTS,
        "nominal": data.nominal if data.nominal in there else None,
        "worst": [trial for trial in worst if trial in there and trial != data.nominal],
        "ranked": ranking.words if ranking else "",
        "left_out": data.unsuccessful.height,
    }
    return Section("telemetry", "Telemetry", "telemetry.html.j2", values, counted(len(bands), "signal"))


def _scouts(successes: pl.DataFrame) -> list[int]:
    """Return the trials that simulated longest, and others evenly spaced among all."""
    longest = successes.sort("simulated_seconds", descending=True, nulls_last=True)["trial"].head(3).to_list()
    spaced = np.linspace(0, successes.height - 1, min(SCOUTS, successes.height)).round().astype(int)
    return list(dict.fromkeys(longest + successes["trial"].gather(spaced).to_list()))


def _plot(band: Band, nominal: int | None) -> Plot:
    signal = band.signal
    said = signal.notes
    if band.lowest and band.highest:
        extremes = [
            f"{word} {measured(value, signal.unit, 4)} in trial {trial}"
            for word, (value, trial) in (("Least", band.lowest), ("greatest", band.highest))
        ]
        said = [*extremes, *said]
    description = f"{shortened(signal.name)} over time: median, 5 to 95 % and extremes of all trials."
    return Plot(band_figure(band, nominal), with_unit(signal.name, signal.unit), description, "; ".join(said))
