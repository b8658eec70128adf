"""python -m mojo serve: the page on a port, until Ctrl-C."""

import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from mojo.errors import StudyError
from mojo.live.app import build_app
from mojo.live.guard import Guard, Guarded, is_local, names_of
from mojo.live.library import Library


def serve(results: Path, host: str, port: int, ask_token: bool) -> None:
    """Show the studies of a results folder, or one study, until who started it has seen enough.

    Args:
        results: results/ or results/<study>.
        host: Address to listen at.
        port: Port to listen at; 0 takes a free one.
        ask_token: Ask for a token even where only this machine can reach the page.

    Raises:
        StudyError: There is no such folder, or the address cannot be used.
    """
    library = Library.of(results)
    listener = listen(host, port)
    token = None if is_local(host) and not ask_token else secrets.token_urlsafe(32)
    print(f"open {link(host, listener.getsockname()[1], token)}   (Ctrl-C ends it)", flush=True)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once all is closed
        make_server(library, host, listener, token).run(sockets=[listener])


def make_server(library: Library, host: str, listener: socket.socket, token: str | None) -> uvicorn.Server:
    """Return the server of a library, which has not begun; it asks for `token`, if there is one."""
    guard = Guard(names_of(host), token, cookie=f"mojo-{listener.getsockname()[1]}")
    app = Guarded(build_app(library, lambda: server.should_exit), guard)
    server = uvicorn.Server(uvicorn.Config(app, **_QUIET))
    return server


_QUIET: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,  # it would show the token
    "server_header": False,
    "proxy_headers": False,
    "lifespan": "off",
    "timeout_graceful_shutdown": 2,
}


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        StudyError: The address cannot be used.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = f"Address {host}, port {port} cannot be used ({error})"
        raise StudyError(f"{reason}. Give others with --host and --port.") from error


def link(host: str, port: int, token: str | None) -> str:
    """Return the address to open; that of a server which listens everywhere names this machine."""
    name = socket.getfqdn() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
