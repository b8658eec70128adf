"""A library that comes only when asked for is named where it is missing."""

import sys

import pytest

from mojo.errors import StudyError
from mojo.sampling.sensitivity import block_points


@pytest.mark.parametrize("design", ["saltelli", "morris"])
def test_a_design_whose_library_is_missing_says_what_to_install(design, monkeypatch):
    for module in ("SALib.sample.sobol", "SALib.sample.morris"):
        monkeypatch.setitem(sys.modules, module, None)  # makes its import fail, as if it were not there
    with pytest.raises(StudyError, match=f"design {design} needs the library SALib, .*: pip install SALib"):
        block_points(design, 3, 5, range(3), 1)
