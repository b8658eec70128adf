"""The schema for editors and the page of keys are what the code says, and the examples obey them."""

import json
from pathlib import Path

import pytest

from mojo.study.kinds import KINDS
from mojo.study.loading import load_study
from mojo.study.schema import json_schema, key_page

CONFIG = Path(__file__).resolve().parents[2] / "config"
EXAMPLES = sorted(path for path in CONFIG.glob("*.yaml") if path.name != "config.yaml")


def test_the_schema_in_the_repository_is_not_stale():
    written = (CONFIG / "study.schema.json").read_text()
    assert written == json_schema(), "python -m mojo schema > config/study.schema.json"


def test_the_page_of_keys_in_the_repository_is_not_stale():
    assert (CONFIG / "README.md").read_text() == key_page(), "python -m mojo schema --keys > config/README.md"


def test_every_key_says_what_it_means():
    definitions = json.loads(json_schema())["$defs"]
    for kind in KINDS.values():
        schema = definitions[kind.__name__]
        assert set(schema["properties"]) == set(kind.model_fields)
        assert [name for name, key in schema["properties"].items() if not key.get("description")] == []
        assert schema["additionalProperties"] is False


def test_every_design_and_distribution_and_each_of_its_keys_has_its_place_on_the_page():
    page = key_page()
    for name in (
        "metric",
        "signal",
        "quantile",
        "function",
        "grid",
        "list",
        "uniform",
        "truncated_normal",
        "correlated_normal",
        "permutation",
        "constant",
    ):
        assert f"### {name}\n" in page
    assert [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")] == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_study_is_valid(file: Path):
    assert load_study(file).name == file.stem
