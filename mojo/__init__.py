"""MuJoCo simulation campaigns as Snakemake workflows."""

import importlib
from typing import Any

_HOMES = {
    "MojoModel": "mojo.model.mojo_model",
    "NamedValue": "mojo.model.named",
    "NamedValueDict": "mojo.model.named",
    "RuntimeManager": "mojo.runtime.manager",
    "Diverged": "mojo.runtime.manager",
    "Invalid": "mojo.runtime.manager",
    "Ended": "mojo.runtime.manager",
    "StopCondition": "mojo.runtime.manager",
    "Proximity": "mojo.runtime.proximity",
    "BatchRuntimeManager": "mojo.runtime.batch.manager",
    "SignalManager": "mojo.runtime.signals",
    "vectorized": "mojo.runtime.batch.vectorized",
    "PointToPointForce": "mojo.runtime.loads",
    "ScalarForce": "mojo.runtime.loads",
    "ScalarTorque": "mojo.runtime.loads",
    "VectorForce": "mojo.runtime.loads",
    "VectorTorque": "mojo.runtime.loads",
    "GeneralLoad": "mojo.runtime.loads",
    "JointFriction": "mojo.runtime.loads",
    "ActuatorControl": "mojo.runtime.loads",
    "Recorder": "mojo.runtime.recorder",
    "Trigger": "mojo.runtime.recorder",
    "ArrowConfig": "mojo.runtime.drawing",
    "LineConfig": "mojo.runtime.drawing",
    "MojoGenerator": "mojo.trial.roles",
    "MojoRuntime": "mojo.trial.roles",
    "MojoObjective": "mojo.trial.roles",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public class when somebody asks for it: `import mojo` alone loads no MuJoCo."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mojo' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
