"""Imported by the process that workers are forked from, and by it alone: makes it inherit what dead workers leave.

A program that a trial starts in a session of its own, and whose worker dies, would otherwise be nobody's, and stay.
"""

import warnings

from mojo.trial.guard import PR_SET_CHILD_SUBREAPER, prctl

prctl(PR_SET_CHILD_SUBREAPER, 1)
warnings.filterwarnings("ignore", "forkserver: waitpid returned unexpected pid")  # of what it has inherited
