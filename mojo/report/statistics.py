"""What is said of a column of numbers: pure functions of arrays."""

from dataclasses import dataclass

import numpy as np

PROBABILITIES = (0.05, 0.25, 0.50, 0.75, 0.95)
MAX_BINS = 60
FEW = 20
"""With fewer values, the quantiles at 5 and 95 % lie between an extreme and its neighbour."""


@dataclass(frozen=True)
class Summary:
    """Moments and quantiles of the finite values of a column."""

    size: int
    """Finite values."""
    left_out: int
    """Values that are not a number or infinite."""
    mean: float
    std: float
    """Sample standard deviation (n - 1); nan for fewer than two values."""
    low: float
    high: float
    quantiles: tuple[float, ...]
    """At `PROBABILITIES`, interpolated linearly between order statistics."""

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, std/√n."""
        return self.std / self.size**0.5 if self.size > 1 else 0.0

    @property
    def drawable(self) -> bool:
        """Whether an axis can show how the values differ: by more than rounding, and by less than overflows."""
        return bool(self.high - self.low > 1e-12 * max(abs(self.low), abs(self.high))) and np.isfinite(self.std)


def summarise(values: np.ndarray) -> Summary | None:
    """Return the summary of `values`, shape (n,), or None where none of them is finite."""
    finite = finite_part(values)
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    with np.errstate(over="ignore", invalid="ignore"):  # finite values of 1e308 may have an infinite spread
        std = float(finite.std(ddof=1)) if finite.size > 1 else float("nan")
        quantiles = tuple(float(q) for q in np.quantile(finite, PROBABILITIES))
        mean = min(max(float(finite.mean()), low), high)  # rounding may push the mean of equal values past them
    return Summary(finite.size, values.size - finite.size, mean, std, low, high, quantiles)


def finite_part(values: np.ndarray) -> np.ndarray:
    """Return the finite values as float64."""
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]


def histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts, shape (bins,), and edges, shape (bins + 1,), of values whose summary is `drawable`.

    Few whole numbers get a bin each, centred on them. Otherwise NumPy's "auto" rule (the finer of Sturges and
    Freedman-Diaconis) chooses, up to `MAX_BINS`.
    """
    low, high = float(values.min()), float(values.max())
    if max(-low, high) < 2**52 and high - low < MAX_BINS and np.array_equal(values, np.round(values)):
        edges = np.arange(low, high + 2) - 0.5
    else:
        edges = _auto_edges(values, low, high)
    return np.histogram(values, edges)[0], edges


def _auto_edges(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return evenly spaced edges from `low` to `high`."""
    spread = float(np.subtract(*np.quantile(values, (0.75, 0.25))))
    width = 2 * spread / values.size ** (1 / 3)  # Freedman and Diaconis 1981
    bins = int(np.ceil(np.log2(values.size) + 1))  # Sturges 1926
    if width > 0:
        bins = max(bins, int(min(np.ceil((high - low) / width), MAX_BINS)))
    return np.linspace(low, high, min(bins, MAX_BINS) + 1)
