"""Where results come from: versions, commit, machine, command line, installed packages."""

import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = ("mojo", "mujoco", "numpy", "scipy", "polars", "pyarrow", "snakemake", "pydantic")


def provenance(study_file: Path) -> dict[str, Any]:
    """Return what study.json says of its origin: versions, git, machine, command and time (UTC)."""
    return {
        "versions": {"python": platform.python_version()}
        | {package: importlib.metadata.version(package) for package in PACKAGES},
        "git": git_state(study_file.parent),
        "machine": {
            "host": platform.node(),
            "cpu_model": cpu_model(),
            "cores": os.cpu_count(),
            "platform": platform.platform(),
        },
        "command": shlex.join(sys.argv),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and dirtiness of the git repository around `folder`, or None where there is none."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit.strip(), "dirty": bool(_git(folder, "status", "--porcelain"))}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


@cache
def cpu_model() -> str:
    """Return the name of this machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@cache
def requirements() -> str:
    """Return the installed packages of this interpreter as the lines of a requirements.txt."""
    described = [distribution.metadata for distribution in importlib.metadata.distributions()]
    installed = {metadata["Name"]: metadata["Version"] for metadata in described}
    return "".join(f"{name}=={installed[name]}\n" for name in sorted(installed, key=str.lower))
