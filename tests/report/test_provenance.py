"""The report warns where trials ran on processors of several models, and is silent where they did not."""

import polars as pl

from mojo.report.write import write_report
from tests.report.fabricated import study_frame

WARNING = "The trials ran on processors of 2 models, whose last digits may differ: AMD EPYC 7B13, Intel Xeon 8480"


def test_mixed_processors_are_warned_of(fabricate):
    frame = study_frame(["success"] * 20)
    models = pl.Series("cpu_model", ["AMD EPYC 7B13", "Intel Xeon 8480"] * 10)
    layout = fabricate(frame.with_columns(models))
    write_report(layout)
    assert WARNING in layout.report.read_text()


def test_one_kind_of_processor_needs_no_warning(fabricate):
    layout = fabricate(study_frame(["success"] * 20))
    write_report(layout)
    assert "processors of" not in layout.report.read_text()
