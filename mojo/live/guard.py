"""Who may ask: the right host name, the right token, and nothing but reading."""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}


@dataclass(frozen=True)
class Guard:
    """What a request must show before anything is read for it.

    Attributes:
        names: Host names under which the page may be asked for, beside "localhost" and plain addresses. A page of
            another name, whose owner lets it point here, must not read what is shown (DNS rebinding).
        token: What the link or the cookie must hold; None where everybody on this machine may look.
        cookie: Name of the cookie; browsers share cookies between the ports of a machine.
    """

    names: frozenset[str]
    token: str | None
    cookie: str = "mojo"

    def allows_host(self, host: str) -> bool:
        """Return whether the Host header names this server."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").rstrip(".").lower()
        return name == "localhost" or name in self.names or _is_address(name)

    def has_token(self, given: str | None) -> bool:
        """Return whether `given` is the token; the time that this takes tells nothing of it."""
        return self.token is None or (given is not None and hmac.compare_digest(given.encode(), self.token.encode()))


def names_of(host: str) -> frozenset[str]:
    """Return the names of a server that is bound to `host`: that one, and the machine's own where it is not local."""
    return frozenset(name.lower() for name in (host, socket.gethostname(), socket.getfqdn()))


def is_local(host: str) -> bool:
    """Return whether only this machine can reach a server that is bound to `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guarded:
    """An application behind a guard, with headers that keep its pages apart from those of others."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app = self._refusal(scope) or self._app
        await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that may not pass, or None."""
        headers = Headers(scope=scope)
        if not self._guard.allows_host(headers.get("host", "")):
            return PlainTextResponse("This host name is not served here. Use the address that was printed.", 421)
        if self._guard.has_token(self._cookie(headers)):
            return None
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(pairs).get("token")
        if given is None or not self._guard.has_token(given):
            return PlainTextResponse("This page needs the token. Use the link that `mojo serve` printed.", 401)
        return self._remember(scope["path"], [pair for pair in pairs if pair[0] != "token"])

    def _cookie(self, headers: Headers) -> str | None:
        return cookie_parser(headers.get("cookie", "")).get(self._guard.cookie)

    def _remember(self, path: str, others: list[tuple[str, str]]) -> Response:
        """Return a redirect to the same page without the token in its address, which histories would keep."""
        # one leading slash: "//other.example" would lead to another server
        target = "/" + path.lstrip("/") + (f"?{urlencode(others)}" if others else "")
        answer = RedirectResponse(target, 303)
        assert self._guard.token is not None
        answer.set_cookie(self._guard.cookie, self._guard.token, httponly=True, samesite="lax")
        return answer


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
