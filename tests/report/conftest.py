import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from mojo.layout import StudyLayout
from mojo.report.figures.theme import Figure
from tests.report.fabricated import write_results


@pytest.fixture(autouse=True)
def plotly_knows_every_property(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plotly check all figures: it raises ValueError at a property or a value that it does not know."""
    to_json = Figure.to_json

    def checked(figure: Figure) -> str:
        text = to_json(figure)
        go.Figure(json.loads(text))
        return text

    monkeypatch.setattr(Figure, "to_json", checked)


@pytest.fixture
def fabricate(tmp_path: Path) -> Callable[..., StudyLayout]:
    """Return a function that writes a results folder and returns its layout."""

    def make(frame: pl.DataFrame, **options: Any) -> StudyLayout:
        layout = StudyLayout(tmp_path / "results" / "pendulum")
        write_results(layout, frame, **options)
        return layout

    return make
