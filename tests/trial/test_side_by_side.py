"""Trials side by side: how many share a batch."""

import pytest

from mojo.trial.side_by_side import even_parts


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (128, [128]), (129, [64, 65]), (300, [100, 100, 100])])
def test_a_group_is_dealt_evenly_to_as_few_parts_as_can_be(count, sizes):
    parts = even_parts(range(count), 128)
    assert [len(part) for part in parts] == sizes
    assert [number for part in parts for number in part] == list(range(count))
