"""@vectorized: a runtime that steps many trials at once."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_MARK = "mojo_vectorized"


def vectorized(runtime: Function) -> Function:
    """Declare that a runtime steps many trials at once, with arrays of shape (nsim, ...).

    It is called as run(mojo_models, runtime_manager, mj_models, batch, *run_args, **run_kwargs), where `batch` is a
    mujoco.batch.Batch, and the first and the third are lists with an entry for each of its simulations:

        @vectorized
        def run(mojo_models, runtime_manager, mj_models, batch):
            stiffness = np.array([mojo_model["stiffness"] for mojo_model in mojo_models])
            while batch.time[0] < 2.0:
                batch.ctrl[:, 0] = -stiffness * batch.qpos[:, 0]
                runtime_manager.step(mj_models, batch)

    Whoever changes `mj_models` after the first step says so by batch.set_models(mj_models), so that it acts from the
    next step on. Time, timestep and integrator are the same in all simulations; trials in which they are not, are run
    one by one.

    How many trials stand side by side, and which, may change from run to run: no trial may depend on its neighbours.
    """
    setattr(runtime, _MARK, True)
    return runtime


def is_vectorized(runtime: Callable[..., Any]) -> bool:
    """Return whether a runtime was declared @vectorized."""
    return getattr(runtime, _MARK, False)
