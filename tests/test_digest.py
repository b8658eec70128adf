"""Digests change when something that counts has changed, and only then."""

from pathlib import Path

import pytest

from mojo import digest

SOURCE = '''
"""What it is."""

import mujoco


def f(x):  # why
    return "# no comment" + x
'''


def digest_of(folder: Path, text: str, name: str = "module.py") -> str:
    (folder / name).write_text(text)
    return digest.of_source(folder / name)


@pytest.mark.parametrize(
    "same",
    [
        SOURCE.replace("# why", "# why not"),
        SOURCE.replace("  # why", ""),
        SOURCE.replace("\n\n\n", "\n\n"),
        SOURCE.replace('"# no', "'# no").replace('ment"', "ment'"),
        SOURCE.replace('return "# no comment" + x', 'return (\n        "# no comment" + x\n    )'),
    ],
)
def test_comments_and_layout_of_python_do_not_count(tmp_path: Path, same: str):
    assert same != SOURCE
    assert digest_of(tmp_path, same) == digest_of(tmp_path, SOURCE)


@pytest.mark.parametrize(
    "other", [SOURCE.replace("no comment", "any comment"), SOURCE.replace("def f", "def g"), SOURCE + "y = 1\n"]
)
def test_code_counts(tmp_path: Path, other: str):
    assert digest_of(tmp_path, other) != digest_of(tmp_path, SOURCE)


def test_every_byte_of_other_files_counts(tmp_path: Path):
    assert digest_of(tmp_path, "<a/>", "hand.xml") != digest_of(tmp_path, "<a/> ", "hand.xml")


def test_a_file_that_is_no_valid_python_has_a_digest_all_the_same(tmp_path: Path):
    assert digest_of(tmp_path, "x = = 1") != digest_of(tmp_path, "x = = 2")


def test_neither_name_nor_folder_counts(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    assert digest_of(tmp_path, SOURCE) == digest_of(tmp_path / "deep", SOURCE, "other.py")


def test_the_order_of_keys_does_not_count_but_that_of_lists_does():
    assert digest.of_value({"a": 1, "b": [1, 2]}) == digest.of_value({"b": [1, 2], "a": 1})
    assert digest.of_value([1, 2]) != digest.of_value([2, 1])
    assert digest.of_value(1) != digest.of_value(1.0)


def test_a_digest_of_mojo_covers_the_modules_that_are_named():
    one, all_of_it = digest.of_package("trial/score.py"), digest.of_package("trial")
    assert one != all_of_it
    assert digest.of_package("trial/score.py", "randomness.py") not in (one, all_of_it)
