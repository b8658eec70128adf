"""What all figures share: colours that can be read on light and on dark, margins, text."""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import to_json

from mojo.report.numbers import shortened, with_unit

BLUE = "#4a86c5"
BLUE_LIGHT = "rgba(74, 134, 197, 0.28)"
ORANGE = "#e08a2e"
RED = "#d9534f"
GREY = "#8c949e"
SLATE = "#77818d"
MARGIN = {"l": 58, "r": 14, "t": 10, "b": 46}
LEGEND_ABOVE = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0}

Part = dict[str, Any]
"""Properties of a trace, of an axis or of a shape, by the names that plotly gives them."""


@dataclass(frozen=True)
class Figure:
    """What plotly.js draws: properties of the traces and of the layout, by the names that its reference gives them."""

    data: Sequence[Part]
    layout: Part

    def to_json(self) -> str:
        """Return the figure as plotly.js reads it; numbers that are not finite are null, which leaves a gap."""
        return to_json({"data": self.data, "layout": self.layout}, inf_nan_mode="null", fallback=_encoded).decode()


def _encoded(value: Any) -> Any:
    """Return what JSON has for numbers of NumPy; an array of them as plotly.js reads it, half as long as in digits."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        raise TypeError(f"A figure holds numbers, words and arrays, but got {type(value).__name__}.")
    if value.dtype.kind not in "iuf":
        return value.tolist()
    numbers = value.astype(float) if value.dtype.kind in "iu" and value.itemsize == 8 else value
    packed = base64.b64encode(numbers.tobytes()).decode()
    shape = {"shape": ", ".join(map(str, numbers.shape))} if numbers.ndim > 1 else {}
    return {"dtype": f"{numbers.dtype.kind}{numbers.itemsize}", "bdata": packed} | shape


def axis_title(name: str, unit: str | None, limit: int = 40) -> str:
    """Return "name [unit]" as text that plotly shows as it stands: plotly reads some HTML."""
    return html.escape(with_unit(shortened(name, limit), unit and shortened(unit, 20)), quote=False)


def plain(text: str, limit: int = 60) -> str:
    """Return any text, shortened and escaped for plotly."""
    return html.escape(shortened(text, limit), quote=False)


def small(values: np.ndarray) -> np.ndarray:
    """Return numbers as float32, which a screen cannot tell from float64 and which take half the room.

    Where they vary by less than float32 can show, they stay as they are.
    """
    values = np.asarray(values, dtype=float)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return values.astype(np.float32)
    largest, spread = np.abs(finite).max(), float(np.ptp(finite / 2)) * 2
    fits = largest < 3e38 and (spread == 0 or spread > 1e-4 * largest)
    return values.astype(np.float32) if fits else values


def times(values: np.ndarray) -> dict[str, Any]:
    """Return times as arguments of a trace; where they are even, start and step alone, which saves room."""
    steps = np.diff(values)
    if values.size > 2 and np.allclose(steps, steps[0], rtol=1e-5, atol=0):
        return {"x0": float(values[0]), "dx": float((values[-1] - values[0]) / (values.size - 1))}
    return {"x": small(values)}


def figure(
    height: int, traces: Sequence[Part], x: Part, y: Part, *, margin: Mapping[str, int] = {}, **layout: Any
) -> Figure:
    """Return a figure in the look that all have in common.

    Args:
        height: Of the figure, in pixels.
        traces: Properties of each trace; "type" is one of them.
        x: Properties of the horizontal axis.
        y: Properties of the vertical axis.
        margin: Of the sides that differ from what is usual, in pixels.
        layout: Properties of the layout beside these.
    """
    common = {"height": height, "margin": {**MARGIN, **margin}, "xaxis": x, "yaxis": y}
    return Figure(data=traces, layout=common | {"showlegend": False, "hovermode": "closest"} | layout)


def axis(title: str, **options: Any) -> Part:
    """Return an axis with a title."""
    return {"title": {"text": title}} | options


def vertical(x: float, **line: Any) -> Part:
    """Return a shape: a line from the lower to the upper edge of a figure."""
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain", "line": line}


def several(number: int) -> list[str]:
    """Return colours for that many lines; after the sixth they begin again."""
    return [(BLUE, ORANGE, "#5aa469", "#9b6bb3", RED, GREY)[index % 6] for index in range(number)]
