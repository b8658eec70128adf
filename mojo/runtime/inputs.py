"""Inputs: what user code has written to a simulation, kept while loads act on top of it for a step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import mujoco

from mojo.errors import ModelError

APPLIED = ("xfrc_applied", "qfrc_applied")


class OwnInputs:
    """Inputs of one simulation as user code has left them.

    MuJoCo keeps forces and controls until somebody overwrites them. Loads act for a step: what they have added is not
    subtracted, which would round, but what was there before is put back.

    Args:
        data: The simulation.
        names: The arrays that loads write to: of xfrc_applied, qfrc_applied and ctrl.
    """

    def __init__(self, data: mujoco.MjData, names: Sequence[str]) -> None:
        self._names = [name for name in names if getattr(data, name).size]
        # To copy bytes takes a tenth of the time of asking NumPy.
        self._arrays = [memoryview(getattr(data, name)).cast("B") for name in self._names]
        self._own: list[bytes] | None = None

    def keep(self) -> None:
        """Keep what is there, before loads act on top of it."""
        self._own = self.present()

    def forget(self) -> None:
        """Keep nothing: loads have not acted yet."""
        self._own = None

    def put_back(self) -> None:
        """Put back what was kept, if loads have acted since."""
        if self._own is not None:
            for array, own in zip(self._arrays, self._own, strict=True):
                array[:] = own

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Put back what was kept for a while, and then what the loads have made of it."""
        with_loads = self.present()
        self.put_back()
        yield
        for array, applied in zip(self._arrays, with_loads, strict=True):
            array[:] = applied

    def present(self) -> list[bytes]:
        """Return what is there now."""
        return [array.tobytes() for array in self._arrays]

    def check_untouched(self, applied: list[bytes]) -> None:
        """Check that nobody has written to the arrays since the loads did, which would undo what these apply.

        Args:
            applied: What was `present` then.

        Raises:
            ModelError: Somebody has.
        """
        for name, array, then in zip(self._names, self._arrays, applied, strict=True):
            if array.tobytes() != then:
                raise ModelError(
                    f"A callback of MuJoCo's writes to {name}, where loads act, too: with the integrator RK4 it is "
                    "called within the step, so that the loads would not act. Write it in the runtime, before "
                    "runtime_manager.step, or take another integrator."
                )
