"""Which studies there are, and which files may be read: those that lie in the results folder, and no others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mojo.errors import StudyError
from mojo.layout import StudyLayout

_UNUSABLE = (OSError, ValueError, RuntimeError)
"""What a name raises that is too long, holds a NUL, or leads in a circle."""


@dataclass(frozen=True)
class Library:
    """The folder that is shown: many studies side by side, or one.

    Args:
        root: results/ or results/<study>, without links in it.
    """

    root: Path

    @classmethod
    def of(cls, folder: Path) -> "Library":
        """Return the library of a folder.

        Raises:
            StudyError: There is no such folder.
        """
        if not folder.is_dir():
            raise StudyError(f"There is no folder {folder} to show. Give results/, or one study's folder in it.")
        return cls(folder.resolve())

    def studies(self) -> Iterator[StudyLayout]:
        """Yield the studies, by name."""
        if StudyLayout(self.root).study.is_file():
            yield StudyLayout(self.root)
            return
        for folder in sorted(self.root.iterdir()):
            layout = StudyLayout(folder)
            if self.allows(layout.study) and layout.study.is_file():
                yield layout

    def study(self, name: str) -> StudyLayout | None:
        """Return the study whose folder has this name, or None."""
        return next((layout for layout in self.studies() if layout.root.name == name), None)

    def allows(self, path: Path) -> bool:
        """Return whether a path lies in the library once every link in it is followed."""
        try:
            return path.resolve().is_relative_to(self.root)
        except _UNUSABLE:
            return False

    def check(self, path: Path) -> None:
        """Refuse a path that leads out of the library.

        Raises:
            StudyError: It does.
        """
        if not self.allows(path):
            raise StudyError(f"{path} is a link that leads out of {self.root}, which alone is shown.")

    def find(self, layout: StudyLayout, relative: str) -> Path | None:
        """Return the file or folder of a study at a path as it came from outside, or None where none may be read.

        What may be read is a plain file or a folder that exists, that lies in the library with all links followed,
        and of which no part of the path begins with a dot.
        """
        parts = [part for part in relative.split("/") if part]
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        try:
            real = layout.root.joinpath(*parts).resolve(strict=True)
            is_readable = real.is_relative_to(self.root) and (real.is_file() or real.is_dir())
        except _UNUSABLE:
            return None
        return real if is_readable else None
