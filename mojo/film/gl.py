"""What this machine can render with: probed in a process of its own, since a driver may crash or hang."""

import time
from concurrent.futures import TimeoutError as TimeLimitExceeded
from dataclasses import dataclass

from mojo.errors import MojoError, one_line

BACKENDS = ("egl", "osmesa")
VARIABLE = "MUJOCO_GL"
PROBE_SECONDS = 60.0
PROBE_SIZE = (640, 480)
PROBE_FRAMES = 5
_TURNED_OFF = ("disable", "disabled", "off", "false", "0")
_INSTALL = (
    "Install a library that renders without a display, on Debian and Ubuntu with `apt-get install libegl1` or "
    "`apt-get install libosmesa6`, with conda `conda install -c conda-forge libegl`, and run `snakemake` again: it "
    "makes the films, and simulates nothing"
)
_MODEL = """
<mujoco>
  <worldbody>
    <light pos="0 0 3"/>
    <geom type="plane" size="2 2 .1"/>
    <body pos="0 0 1"><freejoint/><geom type="box" size=".2 .2 .2"/></body>
  </worldbody>
</mujoco>
"""


class NoRendererError(MojoError):
    """Nothing on this machine renders without a display."""


@dataclass(frozen=True)
class Backend:
    """What renders pictures.

    Attributes:
        variable: The value of MUJOCO_GL that chooses it.
        name: What OpenGL calls it, e.g. "llvmpipe (LLVM 15.0.6, 256 bits)".
        frame_seconds: Time [s] that it takes for a small frame of 640x480.
    """

    variable: str
    name: str
    frame_seconds: float

    def __str__(self) -> str:
        return f"{self.name} ({self.variable.upper()}, {1e3 * self.frame_seconds:.0f} ms for a small frame)"


def render_once() -> tuple[str, float]:
    """Render a small scene with the library that MUJOCO_GL names; return the renderer's name and seconds a frame."""
    import mujoco

    width, height = PROBE_SIZE
    model = mujoco.MjModel.from_xml_string(_MODEL)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with mujoco.Renderer(model, height, width) as renderer:
        from OpenGL import GL  # needs a context

        name = GL.glGetString(GL.GL_RENDERER)
        renderer.update_scene(data)
        renderer.render()
        started = time.perf_counter()
        for _ in range(PROBE_FRAMES):
            renderer.update_scene(data)
            picture = renderer.render()
        seconds = (time.perf_counter() - started) / PROBE_FRAMES
    if not picture.any():
        raise RuntimeError("it renders nothing but black")
    return (name or b"unknown").decode(), seconds


def probe(wish: str) -> Backend:
    """Return the first library that renders.

    Args:
        wish: The user's value of MUJOCO_GL, which is then the only one that is tried; or "".

    Raises:
        NoRendererError: None does; the message says why, and what to install.
    """
    from mojo.trial.pool import WorkerPool
    from mojo.trial.worker_process import WorkerDied, death

    if wish.strip().lower() in _TURNED_OFF:
        raise NoRendererError(f"{VARIABLE}={wish} turns rendering off. Unset it, and run `snakemake` again")
    reasons = []
    for backend in [wish] if wish else BACKENDS:
        pool = WorkerPool(1, environment={VARIABLE: backend})
        try:
            return Backend(backend, *pool.run("mojo.film.gl:render_once", timeout=PROBE_SECONDS))
        except TimeLimitExceeded:
            reasons.append(f"{backend} hangs")
        except WorkerDied as died:
            reasons.append(f"{backend} crashes with {death(died.exitcode)}")
        except Exception as error:  # noqa: BLE001 - whatever a driver or its binding raises, it does not render
            reasons.append(f"{backend}: {one_line(error)}")
        finally:
            pool.stop()
    raise NoRendererError(f"Nothing renders here without a display ({'; '.join(reasons)}). {_INSTALL}")
