"""What user code changes in its process ends with it, whatever it was; what cannot be restored ends with the process.

Everything is done in a worker: most of it would otherwise end the tests.
"""

import asyncio
import builtins
import contextlib
import ctypes
import decimal
import gc
import io
import locale
import logging
import multiprocessing
import os
import platform
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.errors import TrialError
from mojo.trial import entry
from mojo.trial.pool import WorkerPool
from mojo.trial.surroundings import KEPT, surroundings
from mojo.trial.worker_process import WorkerDied

MODEL = mujoco.MjModel.from_xml_string("<mujoco><worldbody><body><joint/><geom size='1'/></body></worldbody></mujoco>")


def nothing(*arguments, **keywords):
    return 0


def set_zone():
    os.environ["TZ"] = "America/New_York"
    time.tzset()


def lose_stdout():
    with Path(os.devnull).open("w") as file:
        sys.stdout = file


def close(name: str):
    getattr(sys, name).close()


def detach(name: str):
    getattr(sys, name).detach()


def can_write(name: str) -> bool:
    try:
        getattr(sys, name).write("")
    except ValueError:
        return False
    return getattr(sys, name) is getattr(sys, f"__{name}__")


def add_handler():
    logging.getLogger("of a trial").addHandler(logging.StreamHandler())


def block_alarm():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    signal.raise_signal(signal.SIGALRM)  # it would end the process as soon as it is let through


def new_loop():
    asyncio.set_event_loop(asyncio.new_event_loop())


def close_loop():
    asyncio.run(asyncio.sleep(0))


def forget_modules():
    for name in [name for name in sys.modules if name.startswith(("mojo.", "mujoco", "numpy"))]:
        del sys.modules[name]


def change_filters():
    warnings.simplefilter("error")
    warnings.filters.insert(0, ("ignore", None, Warning, None, 0))


def soft_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def ignore(frame, event, argument):
    return None


def name_of_modules() -> dict:
    return {name: id(module) for name, module in sys.modules.items()}


def opened(number: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def three() -> float:
    return float("3")


def without_smallest() -> ctypes.Array:
    """Return the environment of C in which numbers below the least normal one become 0, as -ffast-math sets it."""
    environment = (ctypes.c_uint32 * 8)()
    C.fegetenv(environment)
    if platform.machine() == "x86_64":
        environment[7] |= 0x8040
    return environment


C = ctypes.CDLL(None)
CALLBACKS = [name for name in dir(mujoco) if name.startswith("set_mjcb_")]
DEEDS: dict[str, tuple[Callable, Callable]] = {
    **{name: (lambda n=name: getattr(mujoco, n)(nothing), getattr(mujoco, f"g{name[1:]}")) for name in CALLBACKS},
    "mju_user_warning": (lambda: mujoco.set_mju_user_warning(nothing), mujoco.get_mju_user_warning),
    "stdout is replaced": (lose_stdout, lambda: (sys.stdout, sys.stdout.closed)),
    "stdout is None": (lambda: setattr(sys, "stdout", None), lambda: sys.stdout),
    "stderr is a text": (lambda: setattr(sys, "stderr", io.StringIO()), lambda: sys.stderr),
    "stdout is closed": (lambda: close("stdout"), lambda: can_write("stdout")),
    "stderr is detached": (lambda: detach("stderr"), lambda: can_write("stderr")),
    "stdout is reconfigured": (
        lambda: sys.stdout.reconfigure(encoding="ascii"),
        lambda: (sys.stdout.encoding, sys.stdout.errors),
    ),
    "stdout is taken away": (lambda: delattr(sys, "stdout"), lambda: getattr(sys, "stdout", None)),
    "file 1 is closed": (lambda: os.close(1), lambda: opened(1)),
    "file 2 is another": (lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2), lambda: opened(2)),
    "working folder": (lambda: os.chdir("/"), Path.cwd),
    "environment": (lambda: os.environ.update(OMP_NUM_THREADS="7", OF_A_TRIAL="1"), lambda: dict(os.environ)),
    "environment is cleared": (os.environ.clear, lambda: (dict(os.environ), os.getenv("PATH"))),
    "environment is replaced": (lambda: setattr(os, "environ", {}), lambda: os.environ),
    "time zone": (set_zone, lambda: (time.tzname, time.localtime(0))),
    "umask": (lambda: os.umask(0o777), umask),
    "cores": (
        lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        lambda: os.sched_getaffinity(0),
    ),
    "resource limits": (soft_limit, lambda: resource.getrlimit(resource.RLIMIT_NOFILE)),
    "sys.path": (lambda: sys.path.insert(0, "/of/a/trial"), lambda: list(sys.path)),
    "sys.path is replaced": (lambda: setattr(sys, "path", []), lambda: sys.path),
    "sys.argv": (lambda: sys.argv.append("-x"), lambda: list(sys.argv)),
    "modules are forgotten": (forget_modules, name_of_modules),
    "a module is another": (lambda: sys.modules.update(mujoco=np), name_of_modules),
    "builtins": (lambda: setattr(builtins, "print", nothing), lambda: builtins.print),
    "a new builtin": (lambda: setattr(builtins, "of_a_trial", 1), lambda: hasattr(builtins, "of_a_trial")),
    "signal handler": (
        lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
        lambda: signal.getsignal(signal.SIGTERM),
    ),
    "SIGCHLD": (lambda: signal.signal(signal.SIGCHLD, nothing), lambda: signal.getsignal(signal.SIGCHLD)),
    "alarm": (lambda: signal.alarm(1), lambda: signal.getitimer(signal.ITIMER_REAL)),
    "interval timer": (
        lambda: (signal.signal(signal.SIGPROF, nothing), signal.setitimer(signal.ITIMER_PROF, 1, 1)),
        lambda: signal.getitimer(signal.ITIMER_PROF),
    ),
    "blocked signals": (block_alarm, lambda: (signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.sigpending())),
    "recursion limit": (lambda: sys.setrecursionlimit(10**6), sys.getrecursionlimit),
    "limit of digits": (lambda: sys.set_int_max_str_digits(0), sys.get_int_max_str_digits),
    "flags of dlopen": (lambda: sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL), sys.getdlopenflags),
    "stack size of threads": (lambda: threading.stack_size(2**20), threading.stack_size),
    "trace function": (lambda: sys.settrace(ignore), sys.gettrace),
    "profile function": (lambda: threading.setprofile(nothing), threading.getprofile),
    "tracemalloc": (tracemalloc.start, tracemalloc.is_tracing),
    "excepthook": (lambda: setattr(sys, "excepthook", nothing), lambda: sys.excepthook),
    "threads' excepthook": (lambda: setattr(threading, "excepthook", nothing), lambda: threading.excepthook),
    "unraisablehook": (lambda: setattr(sys, "unraisablehook", nothing), lambda: sys.unraisablehook),
    "warning filters": (change_filters, lambda: list(warnings.filters)),
    "showwarning": (lambda: setattr(warnings, "showwarning", nothing), lambda: warnings.showwarning),
    "rounding of numbers": (lambda: C.fesetround(0x800), lambda: (C.fegetround(), 1.0 / three())),
    "smallest numbers are 0": (lambda: C.fesetenv(without_smallest()), lambda: sys.float_info.min / three() * 3.0),
    "numpy.seterr": (lambda: np.seterr(all="raise"), np.geterr),
    "numpy.seterrcall": (lambda: np.seterrcall(nothing), np.geterrcall),
    "numpy.set_printoptions": (lambda: np.set_printoptions(precision=1), lambda: str(np.array([1 / 3]))),
    "locale": (lambda: locale.setlocale(locale.LC_ALL, "C"), lambda: locale.setlocale(locale.LC_ALL)),
    "gc": (gc.disable, gc.isenabled),
    "gc threshold": (lambda: gc.set_threshold(1), gc.get_threshold),
    "decimal precision": (lambda: setattr(decimal.getcontext(), "prec", 3), lambda: decimal.Decimal(1) / 3),
    "decimal traps": (
        lambda: decimal.setcontext(decimal.ExtendedContext),
        lambda: decimal.getcontext().traps[decimal.DivisionByZero],
    ),
    "root logger": (lambda: logging.basicConfig(level=1), lambda: (logging.root.level, logging.root.handlers[:])),
    "handler of a logger": (add_handler, lambda: logging.getLogger("of a trial").handlers[:]),
    "loggers are disabled": (logging.disable, lambda: logging.root.manager.disable),
    "event loop": (new_loop, lambda: asyncio.get_event_loop_policy()._local.__dict__.get("_loop")),
    "no event loop": (close_loop, lambda: asyncio.get_event_loop_policy()._local.__dict__.get("_set_called", False)),
    "timeout of sockets": (lambda: socket.setdefaulttimeout(1.0), socket.getdefaulttimeout),
    "temporary folder": (lambda: setattr(tempfile, "tempdir", "/of/a/trial"), lambda: tempfile.tempdir),
}


@pytest.fixture(scope="module")
def shared_pool():
    pool = WorkerPool(1)
    yield pool
    pool.stop()


@pytest.fixture
def pool():
    pool = WorkerPool(1)
    yield pool
    pool.stop()


def do(deed: str) -> tuple[bool, bool, str, list[str]]:
    """Do a deed, once within surroundings and once before its restoration is looked at."""
    act, look = DEEDS[deed]
    before, told = look(), []
    with surroundings(told.append):
        act()
        changed = look() != before
    return changed, look() == before, f"{before} became {look()}", told


@pytest.mark.parametrize("deed", DEEDS)
def test_what_user_code_changes_is_as_before(shared_pool: WorkerPool, deed: str):
    worker = shared_pool.run("os:getpid")
    changed, restored, difference, told = shared_pool.run("tests.trial.test_surroundings:do", deed)
    assert changed or deed in ("locale", "cores", "smallest numbers are 0"), "the deed does nothing"
    assert restored, difference
    assert not any("new process" in line for line in told)
    assert shared_pool.run("os:getpid") == worker


def do_and_raise() -> tuple[bool, str]:
    try:
        with surroundings():
            mujoco.set_mjcb_control(nothing)
            raise ValueError("the wheel came off")
    except ValueError as error:
        return mujoco.get_mjcb_control() is None, str(error)
    return False, ""


def test_it_is_restored_after_an_exception_too_which_goes_on(shared_pool: WorkerPool):
    assert shared_pool.run("tests.trial.test_surroundings:do_and_raise") == (True, "the wheel came off")


def warn_twice() -> list[int]:
    counts = []
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            with surroundings():
                for _ in range(3):
                    warnings.warn("it is hot", stacklevel=1)
        counts.append(len(caught))
    return counts


def test_a_warning_is_shown_once_in_every_trial(shared_pool: WorkerPool):
    assert shared_pool.run("tests.trial.test_surroundings:warn_twice") == [1, 1]


def start_thread() -> list[str]:
    told: list[str] = []
    with surroundings(told.append):
        threading.Thread(target=time.sleep, args=(1000,), name="endless").start()
    return told


def test_a_thread_that_still_runs_ends_with_its_process_after_the_task(pool: WorkerPool):
    worker = pool.run("os:getpid")
    (line,) = pool.run("tests.trial.test_surroundings:start_thread")
    assert "the next trial gets a new process" in line
    assert "endless" in line
    assert pool.run("os:getpid") != worker


def start_and_await_thread() -> list[str]:
    told: list[str] = []
    with surroundings(told.append):
        threading.Thread(target=time.sleep, args=(0.02,)).start()
    return told


def test_a_thread_that_comes_to_its_end_costs_nothing(pool: WorkerPool):
    worker = pool.run("os:getpid")
    assert pool.run("tests.trial.test_surroundings:start_and_await_thread") == []
    assert pool.run("os:getpid") == worker


def lower_priority() -> None:
    with surroundings():
        os.nice(1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may take it back")
def test_what_cannot_be_taken_back_ends_with_the_process(pool: WorkerPool):
    worker = pool.run("os:getpid")
    pool.run("tests.trial.test_surroundings:lower_priority")
    assert pool.run("os:getpid") != worker


PROGRAMS = {
    "a program": lambda: [subprocess.Popen(["sleep", "1000"]).pid],
    "a program in a session of its own": lambda: [subprocess.Popen(["sleep", "1000"], start_new_session=True).pid],
    "a program that nobody waits for": lambda: [orphan()],
    "a process of multiprocessing": lambda: [process_of_multiprocessing()],
}


def orphan() -> int:
    """Return the id of a process whose parent, a child of this one, has ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        grandchild = os.posix_spawnp("sleep", ["sleep", "1000"], os.environ)
        os.write(writing, str(grandchild).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reading, 20))


def process_of_multiprocessing() -> int:
    process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,), daemon=True)
    process.start()
    assert process.pid is not None
    return process.pid


def start_program(kind: str) -> tuple[list[bool], list[str]]:
    told: list[str] = []
    with surroundings(told.append):
        started = PROGRAMS[kind]()
    return [Path(f"/proc/{number}").exists() for number in started], told


@pytest.mark.parametrize("kind", PROGRAMS)
def test_processes_that_still_run_are_ended_and_told(pool: WorkerPool, kind: str):
    worker = pool.run("os:getpid")
    there, told = pool.run("tests.trial.test_surroundings:start_program", kind)
    assert there == [False]
    assert "processes were still running, and were ended" in told[-1]
    assert pool.run("os:getpid") != worker  # its modules may hold what spoke to them


def run_programs() -> list[str]:
    told: list[str] = []
    with surroundings(told.append):
        subprocess.run(["true"], check=True)
        subprocess.Popen(["true"])  # nobody waits for it
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(abs, [-1, -2]) == [1, 2]
        if os.fork() == 0:
            os._exit(0)
        time.sleep(0.1)
    return told


def test_processes_that_have_ended_cost_nothing(pool: WorkerPool):
    worker = pool.run("os:getpid")
    assert pool.run("tests.trial.test_surroundings:run_programs") == []
    assert pool.run("os:getpid") == worker


def fork_and_return(seconds: float, wait: bool) -> None:
    with surroundings():
        child = os.fork()
        if child == 0:
            time.sleep(seconds)
        elif wait:
            os.waitpid(child, 0)


@pytest.mark.parametrize(("seconds", "wait"), [(0.0, False), (0.3, False), (1000.0, False), (0.0, True)])
def test_a_forked_copy_that_comes_back_or_stays_is_an_error_of_its_trial(pool: WorkerPool, seconds: float, wait: bool):
    for _ in range(2):
        with pytest.raises(TrialError, match=r"os\.fork"):
            pool.run("tests.trial.test_surroundings:fork_and_return", seconds, wait, timeout=60)
    assert pool.run("math:sqrt", 4.0) == 2.0


def fork_and_raise() -> None:
    with surroundings():
        if os.fork() == 0:
            raise ValueError("in the copy")


def test_a_forked_copy_that_comes_back_by_an_exception_is_ended_as_well(pool: WorkerPool):
    with pytest.raises(TrialError, match=r"os\.fork"):
        pool.run("tests.trial.test_surroundings:fork_and_raise", timeout=60)


def fork_without_surroundings() -> int:
    os.fork()
    return os.getpid()


def test_a_copy_of_a_worker_answers_nothing(pool: WorkerPool):
    worker = pool.run("os:getpid")
    assert [pool.run("tests.trial.test_surroundings:fork_without_surroundings") for _ in range(3)] == [worker] * 3


def alarm_that_raises() -> int:
    def handle(number, frame):
        raise RuntimeError("too late")

    with surroundings():
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
    return int(signal.getsignal(signal.SIGALRM))


def test_an_alarm_that_rings_during_restoration_costs_its_own_task_at_most(pool: WorkerPool):
    for _ in range(4):
        with contextlib.suppress(RuntimeError, WorkerDied):
            assert pool.run("tests.trial.test_surroundings:alarm_that_raises", timeout=60) == signal.SIG_DFL
        assert pool.run("os:getpid") > 0
    assert pool.run("tests.trial.test_surroundings:alarm_now", timeout=60) == signal.SIG_DFL


def alarm_now() -> int:
    return int(signal.getsignal(signal.SIGALRM))


def told_of(deed: str) -> list[str]:
    told: list[str] = []
    with surroundings(told.append):
        DEEDS[deed][0]()
    return told


def test_the_trials_log_says_what_was_put_back(shared_pool: WorkerPool):
    told = shared_pool.run("tests.trial.test_surroundings:told_of", "set_mjcb_control")
    assert told == ["mojo: put back as before: MuJoCo's callbacks"]
    assert shared_pool.run("tests.trial.test_surroundings:told_of_nothing") == []


def told_of_nothing() -> list[str]:
    told: list[str] = []
    with surroundings(told.append):
        pass
    return told


def seconds() -> float:
    def once() -> float:
        started = time.perf_counter()
        with surroundings(print):
            pass
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(200))


def test_it_costs_well_under_a_thousandth_of_a_second(shared_pool: WorkerPool):
    # 60 µs on an idle machine; what this guards against is a look at every process or module of the machine
    assert shared_pool.run("tests.trial.test_surroundings:seconds") < 5e-4


def test_each_thing_has_a_name_of_its_own():
    names = [kept.name for kept in KEPT]
    assert len(set(names)) == len(names)
    assert not entry.is_retired()
