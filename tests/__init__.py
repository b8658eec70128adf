"""Tests; several processes run them side by side, so each computes in one thread, as the workers of a run do."""

import os

from mojo.trial.pool import ONE_THREAD

os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
