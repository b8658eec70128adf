"""What the page asks for: itself, news, signals, and files of the results folder. All of it can only be read."""

import html
import mimetypes
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mojo.errors import TrialError
from mojo.layout import StudyLayout
from mojo.live import series
from mojo.live.library import Library
from mojo.live.news import News

MOST_TRIALS, MOST_SIGNALS = 20, 40
MOST_POINTS = 4000
OURS = dict.fromkeys(("live.html", "live.css", "live.js", "signals.js", "words.js"), "mojo.live")
OURS |= dict.fromkeys(("report.css", "figures.js", "tabs.js"), "mojo.report")
FOLDER_OF = {"mojo.live": "page", "mojo.report": "templates"}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
FILE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data:; base-uri 'none'; form-action 'none'"
)
"""For files: a report may draw and follow links, and nothing in the results folder can fetch or post anything."""
AS_TEXT = {".json", ".log", ".txt", ".xml", ".yaml", ".yml", ".svg", ".py", ".csv"}
IN_PAGE = {".html", ".png", ".jpg", ".jpeg", ".gif", ".mp4", ".webm"}


class Pages:
    """The answers to what a browser asks."""

    def __init__(self, library: Library, news: News) -> None:
        self._library, self._news = library, news

    async def page(self, request: Request) -> Response:
        """Return the page itself."""
        return HTMLResponse(_own("live.html"), headers={"Content-Security-Policy": PAGE_POLICY})

    async def asset(self, request: Request) -> Response:
        """Return one of the page's scripts and styles."""
        name = request.path_params["name"]
        if name == "plotly.js":
            return FileResponse(_plotly(), media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})
        if name not in OURS:
            raise HTTPException(404)
        kind = mimetypes.guess_type(name)[0]
        return Response(_own(name), media_type=kind, headers={"Cache-Control": "no-cache"})

    async def events(self, request: Request) -> Response:
        """Return the news, as long as the page is open."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._news.events(), media_type="text/event-stream", headers=headers)

    async def signals(self, request: Request) -> Response:
        """Return the signals that any of some trials recorded."""

        def read() -> list[dict[str, str]]:
            recordings = self._recordings(request)
            return list({one["name"]: one for _, path in recordings for one in series.catalogue(path)}.values())

        return JSONResponse(await run_in_threadpool(read))

    async def samples(self, request: Request) -> Response:
        """Return some signals of some trials, with no more samples than a screen can show."""
        recordings = await run_in_threadpool(self._some_recordings, request)
        names, points = _names(request), min(_whole(request, "points", 1500), MOST_POINTS)
        span = (_number(request, "from"), _number(request, "to")) if "from" in request.query_params else None

        def read() -> list[dict[str, Any]]:
            return [{"trial": n, "signals": series.samples(path, names, points, span)} for n, path in recordings]

        return JSONResponse(await run_in_threadpool(read))

    async def csv(self, request: Request) -> Response:
        """Return all samples of some signals of some trials as a file."""
        recordings = await run_in_threadpool(self._some_recordings, request)
        headers = {"Content-Disposition": 'attachment; filename="signals.csv"'}
        lines = series.csv(recordings, _names(request))
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    async def file(self, request: Request) -> Response:
        """Return a file of a study, or a folder as a list of links."""
        return await run_in_threadpool(self._file, request)

    def _file(self, request: Request) -> Response:
        study, relative = self._study(request), request.path_params["path"]
        path = self._library.find(study, relative)
        if path is None:
            raise HTTPException(404, "There is no such file in the results folder.")
        if path.is_dir():
            index = self._library.find(study, f"{relative}/index.html")
            if index is None or not relative.endswith("/"):
                return HTMLResponse(_listing(path, request), headers={"Content-Security-Policy": FILE_POLICY})
            path = index
        headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "no-cache"}
        if path.suffix in AS_TEXT:
            return FileResponse(path, media_type="text/plain; charset=utf-8", headers=headers)
        if path.suffix in IN_PAGE:
            return FileResponse(path, headers=headers)
        return FileResponse(path, media_type="application/octet-stream", filename=path.name, headers=headers)

    def _study(self, request: Request) -> StudyLayout:
        study = self._library.study(request.path_params["study"])
        if study is None:
            raise HTTPException(404, "There is no such study.")
        return study

    def _some_recordings(self, request: Request) -> list[tuple[int, Path]]:
        """Return the recordings of the trials that are asked for, and refuse where none of them has one."""
        found = self._recordings(request)
        if not found:
            raise HTTPException(404, f"Trial {', '.join(request.query_params.getlist('trial'))} has no recording.")
        return found

    def _recordings(self, request: Request) -> list[tuple[int, Path]]:
        """Return the recordings of the trials that are asked for, those left out that have none.

        Raises:
            HTTPException: Too many are asked for.
        """
        study = self._study(request)
        asked = request.query_params.getlist("trial")
        if not 0 < len(asked) <= MOST_TRIALS or not all(text.isdecimal() and len(text) < 10 for text in asked):
            raise HTTPException(400, f"Give 1 to {MOST_TRIALS} trials by number.")
        found = []
        for number in dict.fromkeys(map(int, asked)):
            trial = study.trial(number)
            path = self._library.find(study, trial.telemetry.relative_to(study.root).as_posix())
            if path is not None:
                found.append((number, trial.telemetry))
        return found


def _names(request: Request) -> list[str]:
    names = request.query_params.getlist("signal")
    if not 0 < len(names) <= MOST_SIGNALS:
        raise HTTPException(400, f"Give 1 to {MOST_SIGNALS} signals.")
    return names


def _number(request: Request, key: str) -> float:
    try:
        return float(request.query_params[key])
    except (KeyError, ValueError) as error:
        raise HTTPException(400, f"'{key}' must be a number.") from error


def _whole(request: Request, key: str, default: int) -> int:
    text = request.query_params.get(key, str(default))
    if not text.isdecimal() or not 0 < len(text) < 10:
        raise HTTPException(400, f"'{key}' must be a whole number.")
    return int(text)


def _own(name: str) -> bytes:
    package = OURS[name]
    return (resources.files(package) / FOLDER_OF[package] / name).read_bytes()


def _plotly() -> Path:
    """Return the script that draws the report's figures too."""
    return Path(str(resources.files("mojo.report") / "vendor" / "plotly-cartesian.min.js"))


def _listing(folder: Path, request: Request) -> str:
    """Return a page of links to what lies in a folder."""
    here = request.url.path.rstrip("/")
    names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir() if path.name[0] != ".")
    links = (f'<li><a href="{html.escape(quote(f"{here}/{name}"))}">{html.escape(name)}</a></li>' for name in names)
    title = html.escape(folder.name)
    style = "<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;margin:1.5rem}</style>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{style}'
    return f"{head}<h1>{title}</h1><ul>{''.join(links)}</ul></html>"


async def _say(request: Request, error: Exception) -> Response:
    """Return an error that a person can mend as words."""
    assert isinstance(error, TrialError | HTTPException)
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    return JSONResponse({"error": str(error)}, 404)


def build_app(library: Library, ending: Callable[[], bool]) -> Starlette:
    """Return the application, without its guard.

    Args:
        library: What is shown.
        ending: Returns whether the server is about to end.
    """
    pages = Pages(library, News(library, ending))
    routes = [
        Route("/", pages.page),
        Route("/page/{name}", pages.asset),
        Route("/events", pages.events),
        Route("/study/{study}/signals", pages.signals),
        Route("/study/{study}/samples", pages.samples),
        Route("/study/{study}/signals.csv", pages.csv),
        Route("/files/{study}/{path:path}", pages.file),
    ]
    app = Starlette(routes=routes, exception_handlers={TrialError: _say, HTTPException: _say})
    app.router.redirect_slashes = False  # what is not there is not there
    return app
