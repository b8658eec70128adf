"""python -m tests.differential: thousands of random studies; one that fails is made small and printed."""

import argparse
import sys
import time
from pathlib import Path

from mojo.runtime.warnings import print_warnings
from tests.differential.compare import differences
from tests.differential.search import save, saved, search, written


def main() -> int:
    """Do what the command line asks for; the exit code says whether all agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="another one gives other studies")
    parser.add_argument("--count", type=int, default=1000, help="how many studies")
    parser.add_argument("--no-shrink", action="store_true", help="tell of a study that fails as it is")
    parser.add_argument("--save", type=Path, help="a folder for a study that fails: study.yaml and its code")
    parser.add_argument("file", nargs="?", type=Path, help="a study file that was saved, to compare it alone")
    asked = parser.parse_args()
    print_warnings()
    if asked.file:
        report = differences(saved(asked.file))
        print(report.engine, *report, sep="\n")
        return bool(report)
    started = time.perf_counter()
    found = search(asked.seed, asked.count, not asked.no_shrink)
    told = ", ".join(f"{number} {name}" for name, number in found.tally.items())
    print(f"{told}; {time.perf_counter() - started:.0f} s, seed {asked.seed}", file=sys.stderr)
    if found.study is None:
        return 0
    print(written(found.study, found.lines))
    if asked.save:
        print(f"# saved: snakemake --cores 2 --config study={save(found.study, found.lines, asked.save)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
