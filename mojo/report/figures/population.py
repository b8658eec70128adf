"""A population over its generations: scores, values of a variable, and who descends from whom."""

from dataclasses import dataclass

import numpy as np

from mojo.report.figures import theme


@dataclass(frozen=True)
class Population:
    """All members of all generations, each array of shape (n,).

    Attributes:
        trial: Trial of each.
        generation: Its generation.
        member: Its place in the generation.
        parent: The trial that it went on from, -1 for none.
        copied: Whether that is another member's.
        score: Its objective, nan for none.
        ancestry: Trials from the first generation to the best member of the last one.
    """

    trial: np.ndarray
    generation: np.ndarray
    member: np.ndarray
    parent: np.ndarray
    copied: np.ndarray
    score: np.ndarray
    ancestry: np.ndarray


def generations_figure(
    population: Population, values: np.ndarray, name: str, unit: str | None, log: bool
) -> theme.Figure:
    """Return a value of each member over the generations, and of the line of descent that ends best."""
    line = np.isin(population.trial, population.ancestry)
    members = {
        "type": "scatter",
        "x": population.generation,
        "y": theme.small(values),
        "customdata": population.trial.astype(np.int32),
        "mode": "markers",
        "marker": {"color": theme.BLUE, "size": 6, "opacity": 0.45},
        "hovertemplate": "trial %{customdata}, generation %{x}<br>%{y:.5~g}<extra></extra>",
    }
    descent = {
        "type": "scatter",
        "x": population.generation[line],
        "y": theme.small(values[line]),
        "mode": "lines",
        "line": {"color": theme.ORANGE, "width": 2},
        "hoverinfo": "skip",
    }
    up = theme.axis(theme.axis_title(name, unit, 28), type="log" if log else "linear")
    return theme.figure(280, [members, descent], theme.axis("generation", rangemode="tozero"), up)


def lineage_figure(population: Population) -> theme.Figure:
    """Return a line from each member to its parent: grey for itself, blue for a copy, orange for the best descent."""
    place = {int(trial): at for at, trial in enumerate(population.trial)}
    best = np.isin(population.trial, population.ancestry)
    has_parent = population.parent >= 0
    traces = []
    for chosen, colour, width in (
        (has_parent & ~population.copied & ~best, theme.GREY, 1),
        (has_parent & population.copied & ~best, theme.BLUE, 1.5),
        (has_parent & best, theme.ORANGE, 2.5),
    ):
        parents = [place[int(trial)] for trial in population.parent[chosen]]
        lines = {
            "type": "scatter",
            "x": _joined(population.generation[parents], population.generation[chosen]),
            "y": _joined(population.member[parents], population.member[chosen]),
            "mode": "lines",
            "line": {"color": colour, "width": width},
            "hoverinfo": "skip",
        }
        traces.append(lines)
    last = int(population.member.max())
    return theme.figure(
        max(260, 60 + 16 * (last + 1)),
        [*traces, _members(population, best)],
        theme.axis("generation"),
        theme.axis("member", dtick=max(1, last // 8)),
    )


def _members(population: Population, best: np.ndarray) -> theme.Part:
    has_score = np.isfinite(population.score)
    return {
        "type": "scatter",
        "x": population.generation,
        "y": population.member,
        "customdata": population.trial.astype(np.int32),
        "text": [f"{score:.5g}" if np.isfinite(score) else "no score" for score in population.score],
        "mode": "markers",
        "marker": {"color": np.where(best, theme.ORANGE, np.where(has_score, theme.BLUE, theme.RED)), "size": 6},
        "hovertemplate": "trial %{customdata}: %{text}<extra></extra>",
    }


def _joined(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return start, end and a gap of each line after another."""
    return np.stack([starts, ends, np.full(starts.shape, np.nan)], axis=1).ravel()
