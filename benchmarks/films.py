"""What a film costs beside its rendering: `python benchmarks/films.py [--seconds 3]`.

A trial of the robot is run and filmed at 640x480 and 30 frames a second, once as it is and once with contacts. What
is not spent in the renderer goes into states, arrows, text, the encoder and starting it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from mojo.layout import StudyLayout

HERE = Path(__file__).resolve().parent
STUDY = {"name": "films", "kind": "monte-carlo", "generator": "filmed.py:generate", "seed": 1, "n_trial": 1}
GENERATOR = """
import sys

sys.path.insert(0, {folder!r})
import robot

from mojo import Recorder


def generate(mojo_model, overrides):
    mojo_model.spec = robot.generate(mojo_model, overrides)
    mojo_model.recorders = [Recorder(name="plain"), Recorder(name="contacts", contacts=True)]
    return mojo_model
"""


def film(folder: Path, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run and film the study in `folder`; return what films.json says of the renderer and of the films."""
    import robot

    (folder / "filmed.py").write_text(GENERATOR.format(folder=str(HERE)))
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(STUDY | {"parameters": robot.PARAMETERS, "duration": seconds, "films": "all"}))
    command = [sys.executable, "-m", "snakemake", "-s", str(HERE.parent / "Snakefile"), "--directory", str(folder)]
    command += ["--cores", str(os.cpu_count()), "--config", f"study={study}"]
    subprocess.run(command, check=True, capture_output=True)
    told = json.loads(StudyLayout.of("films", folder / "results").films.read_text())
    return told["renderer"], told["trials"]["000000"]


def main() -> None:
    """Film, and print the share of the renderer."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="simulated seconds of each film")
    with tempfile.TemporaryDirectory(prefix="mojo-films-") as folder:
        renderer, films = film(Path(folder), parser.parse_args().seconds)
    print(f"{renderer['name']} ({renderer['variable']}), {os.cpu_count()} cores")
    print(f"{'film':<10}{'frames':>8}{'seconds':>9}{'ms a frame':>12}{'in the renderer':>17}")
    for name, told in films.items():
        frame, share = 1e3 * told["seconds"] / told["frames"], told["rendering_seconds"] / told["seconds"]
        print(f"{name:<10}{told['frames']:>8}{told['seconds']:>9.1f}{frame:>12.1f}{share:>17.1%}")


if __name__ == "__main__":
    main()
