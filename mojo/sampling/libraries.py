"""Libraries that come with mojo only when asked for."""

import importlib
from types import ModuleType

from mojo.errors import StudyError


def optional(module: str, wanted_by: str) -> ModuleType:
    """Import a module of such a library.

    Args:
        module: Its whole name; the library's is the part before the first dot.
        wanted_by: What needs it, e.g. "The sampler gp".

    Raises:
        StudyError: The library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise StudyError(
            f"{wanted_by} needs the library {library}, which is not installed: pip install {library}."
        ) from error
