"""Remove the results of a study."""

import shutil

from mojo.campaign.console import say
from mojo.campaign.lock import StudyLock
from mojo.errors import StudyError
from mojo.layout import StudyLayout


def remove_results(layout: StudyLayout, lock: StudyLock) -> None:
    """Remove results/<study>, after saying what is removed.

    Raises:
        StudyError: It is a link to another place, or another run works on it.
    """
    root = layout.root
    if root.is_symlink() or root.resolve().parent != root.parent.resolve():
        raise StudyError(f"{root} is a link to another place, so it is not removed.")
    if not root.exists():
        say(f"{root} does not exist; there is nothing to remove")
        return
    lock.acquire()
    say(f"removing {root.absolute()} with {sum(1 for _ in root.rglob('*'))} files and folders")
    shutil.rmtree(root)
