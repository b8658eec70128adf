"""Every kind of study has its keys, its sampler and its place in the report."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mojo.report.sections import OF_KIND
from mojo.sampling.kinds import SAMPLERS
from mojo.study.kinds import KINDS, Study
from mojo.study.monte_carlo import MonteCarloStudy
from tests.conftest import STUDY

ANY = TypeAdapter(Study)


def test_every_kind_has_a_sampler_and_a_place_in_the_report():
    assert KINDS.keys() == SAMPLERS.keys() == OF_KIND.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_a_kind_is_the_only_one_that_its_class_takes(kind: str):
    assert KINDS[kind].model_json_schema()["properties"]["kind"]["const"] == kind


def test_a_written_study_is_read_as_the_class_of_its_kind_with_all_of_its_keys():
    study = MonteCarloStudy.model_validate(STUDY)
    found = ANY.validate_json(ANY.dump_json(study))
    assert type(found) is MonteCarloStudy
    assert found == study


def test_a_study_of_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="'cooking' is not a kind of study"):
        ANY.validate_python(STUDY | {"kind": "cooking"})
