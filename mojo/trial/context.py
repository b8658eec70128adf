"""What a worker keeps of a campaign between trials: the frozen study and the user's functions."""

import contextlib
import dis
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from mojo import shared_random, user_code
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy, function_role, read_frozen
from mojo.trial.roles import MojoGenerator, MojoObjective, MojoRuntime

# A function that uses one of these may come to all of its parameters without naming them.
_SEE_ALL = {"locals", "vars", "dir", "eval", "exec", "breakpoint", "set_trace", "_getframe", "currentframe", "stack"}


@dataclass(frozen=True)
class Context:
    """A frozen study, its files, and its functions, imported when first asked for."""

    layout: StudyLayout
    frozen: FrozenStudy

    @cached_property
    def generator(self) -> MojoGenerator:
        return self._function("generator")

    @cached_property
    def runtime(self) -> MojoRuntime | None:
        return self._function("runtime") if "runtime" in self.frozen.code else None

    @cached_property
    def objective(self) -> MojoObjective | None:
        return self._function("objective") if "objective" in self.frozen.code else None

    @cached_property
    def requirement_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that judge requirements, by the requirement's name."""
        return {name: self._function(function_role(name)) for name in self.frozen.study.requirement_functions()}

    @cached_property
    def _imported(self) -> bool:
        for code in self.frozen.code.values():
            shared_random.seed_import(self.frozen.seed)
            with contextlib.suppress(StudyError):  # it is told to the trial that needs the function
                user_code.load_module(user_code.split(code.reference)[0])
        return True

    def import_code(self) -> None:
        """Import all of the user's modules, always in the same order.

        What a module sets in its process when it is imported, it sets for all trials, whichever of them comes first;
        what its functions set ends with their trial.
        """
        assert self._imported

    def _function(self, role: str) -> Callable[..., Any]:
        code = self.frozen.code[role]
        if stale := code.stale():
            raise StudyError(
                f"{', '.join(stale)} changed while the study was running, so results of two versions would be mixed. "
                "What is finished is kept; run `snakemake` again to go on with the new version."
            )
        shared_random.seed_import(self.frozen.seed)
        return user_code.resolve(code.reference)


@cache
def never_reads(function: Callable[..., Any], *positions: int) -> bool:
    """Return whether a function cannot tell what it is given at these positions, since it does not name them.

    Only what is certain counts: wrappers, partials, callable objects and functions that take *args may read anything,
    and so may those that hold a parameter's name in a text, such as a query.

    Args:
        function: Any callable.
        positions: Of parameters, from 0.
    """
    if not inspect.isfunction(function) or function.__code__.co_argcount <= max(positions):
        return False
    code = function.__code__
    mentioned = str([instruction.argval for instruction in dis.get_instructions(code)])
    return _SEE_ALL.isdisjoint(code.co_names) and not any(code.co_varnames[at] in mentioned for at in positions)


_current: dict[tuple[str, int], Context] = {}


def context(root: str) -> Context:
    """Return the context of the results folder `root`; it is read anew when study.json has changed."""
    layout = StudyLayout(Path(root))
    key = (root, layout.study.stat().st_mtime_ns if layout.study.exists() else 0)
    if key not in _current:
        _current.clear()
        _current[key] = Context(layout, read_frozen(layout))
    return _current[key]
