"""Errors on one line, whatever they say."""

import pytest

from mojo.errors import StudyError, one_line


class Mute(Exception):
    """An exception that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("two\n  lines"), "ValueError: two lines"),
        (StudyError("n_trial: is missing"), "n_trial: is missing"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (Mute(), "Mute"),
        (OSError("no file 'a\udc80'"), "OSError: no file 'a\\udc80'"),  # a name that is no UTF-8, as Python reads it
    ],
)
def test_an_error_becomes_one_line_that_a_file_can_hold(error: BaseException, line: str):
    assert one_line(error) == line
    one_line(error).encode()


def test_an_endless_message_is_cut():
    assert len(one_line(ValueError("x" * 10_000))) < 1000
