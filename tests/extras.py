"""Libraries that come with mojo only when asked for: tests that need one are skipped where it is missing.

CI runs them after the others, with all extras installed: the others then see what most users have.
"""

from importlib.util import find_spec

import pytest


def needs(module: str, extra: str) -> list[pytest.MarkDecorator]:
    """Return the marks of tests that need a library.

    Args:
        module: The library, as it is imported.
        extra: The extra of pyproject.toml that installs it.
    """
    missing = pytest.mark.skipif(find_spec(module) is None, reason=f"needs {module}: pip install -e '.[{extra}]'")
    return [pytest.mark.extras, missing]
