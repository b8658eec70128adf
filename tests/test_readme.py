"""What the README promises is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_ci_runs_the_readmes_test_command():
    assert "pip install -e '.[test]' && pytest" in README[:1500]
    assert re.search(r"pip install -q -e '\.\[test\]' && pytest", (ROOT / ".ci" / "run").read_text())


def test_every_folder_of_the_map_exists():
    named = re.findall(
        r"^    (?:\S.*? {2,})?((?:mojo|workflow|config|examples|profiles|benchmarks|tests)/\S*)", README, re.M
    )
    assert len(named) > 10
    for name in named:
        assert (ROOT / name.rstrip(",")).exists(), name


def test_every_link_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
