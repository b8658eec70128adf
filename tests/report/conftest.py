from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mojo.layout import StudyLayout
from tests.report.fabricated import write_results


@pytest.fixture
def fabricate(tmp_path: Path) -> Callable[..., StudyLayout]:
    """Return a function that writes a results folder and returns its layout."""

    def make(frame: pl.DataFrame, **options: Any) -> StudyLayout:
        layout = StudyLayout(tmp_path / "results" / "pendulum")
        write_results(layout, frame, **options)
        return layout

    return make
