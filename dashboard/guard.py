"""The door: nothing behind it is reached without a session or the password.

A pure ASGI wrapper round the whole application, so that HTTP, our WebSocket and Dash's own
WebSocket pass the same check. It also serves the sign-in and sets the security headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.sign_in import (
    COOKIE,
    SESSION_S,
    Attempts,
    Credentials,
    basic_password,
    safe_path,
    same_origin,
)

MAX_FORM_BYTES = 4096
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN_CSS = Path(__file__).parent / "assets" / "sign_in.css"
SignInPage = Callable[[Request, int, str, str], Response]


class Guard:
    """The application behind a sign-in.

    Parameters
    ----------
    app
        What is guarded.
    credentials, attempts
        Who may pass, and how often a wrong password is heard.
    page
        Draws the sign-in: `page(request, status, code, next)`; the code names what went wrong.
    clock
        Unix seconds.
    policy
        The content-security policy.
    """

    def __init__(
        self,
        app: ASGIApp,
        credentials: Credentials,
        attempts: Attempts,
        page: SignInPage,
        clock: Callable[[], float],
        policy: str,
    ) -> None:
        self._app, self._page, self._clock = app, page, clock
        self._credentials, self._attempts = credentials, attempts
        self._headers = security_headers(policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass, refuse or show the sign-in."""
        if scope["type"] == "http":
            await self._http(scope, receive, self._armoured(scope, send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        response: Response | None
        if path == "/sign-in":
            response = await self._sign_in(Request(scope, receive))
        elif path == "/assets/sign_in.css":
            response = FileResponse(SIGN_IN_CSS)
        elif self._signed_in(headers):
            foreign = scope["method"] not in SAFE_METHODS and not same_origin(headers)
            if not foreign and path != "/sign-out":
                await self._app(scope, receive, send)
                return
            response = _problem(403, "the request comes from another site") if foreign else _out()
        else:
            response = self._basic_or_door(scope, headers)
            if response is None:
                await self._app(scope, receive, send)
                return
        await response(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        by_cookie = self._signed_in(headers) and same_origin(headers)
        if by_cookie or (headers.get("authorization") and not self._basic(scope, headers)):
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})

    def _signed_in(self, headers: Mapping[str, str]) -> bool:
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        return self._credentials.opened(cookie, self._clock())

    def _basic_or_door(self, scope: Scope, headers: Headers) -> Response | None:
        if headers.get("authorization"):
            return self._basic(scope, headers)
        if scope["path"].startswith(("/api", "/_dash", "/live")):
            return _problem(401, "sign in first", {"www-authenticate": 'Basic realm="pierwatch"'})
        where = scope["path"] + (
            f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        )
        return RedirectResponse(f"/sign-in?next={quote(where, safe='')}", 303)

    def _basic(self, scope: Scope, headers: Headers) -> Response | None:
        """Nothing where the password of HTTP Basic is right, else the refusal."""
        refusal = self._tried(_address(scope), basic_password(headers.get("authorization")) or "")
        if refusal is None:
            return None
        code, wait_s = refusal
        if code == "wait":
            return _problem(429, f"too many wrong passwords; wait {wait_s} s", _retry(wait_s))
        return _problem(401, "wrong password", {"www-authenticate": 'Basic realm="pierwatch"'})

    def _tried(self, address: str, password: str) -> tuple[str, int] | None:
        now_s = self._clock()
        if wait_s := self._attempts.wait_s(address, now_s):
            return "wait", wait_s
        if self._credentials.right(password):
            self._attempts.right(address)
            return None
        self._attempts.wrong(address, now_s)
        return "wrong", 0

    async def _sign_in(self, request: Request) -> Response:
        query = request.query_params
        if request.method != "POST":
            return self._page(request, 200, "", safe_path(query.get("next", "/")))
        form = await _form(request)
        where = safe_path(form.get("next", "/"))
        if request.headers.get("origin") and not same_origin(request.headers):
            return self._page(request, 403, "foreign", where)
        refusal = self._tried(_address(request.scope), form.get("password", ""))
        if refusal is not None:
            code, wait_s = refusal
            await asyncio.sleep(0.2)
            answer = self._page(request, 429 if wait_s else 401, code, where)
            answer.headers.update(_retry(wait_s) if wait_s else {})
            return answer
        answer = RedirectResponse(where, 303)
        answer.set_cookie(
            COOKIE,
            self._credentials.session(self._clock()),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _armoured(self, scope: Scope, send: Send) -> Send:
        async def armoured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    asset = scope["path"].startswith(("/assets/", "/_dash-component-suites/"))
                    headers["cache-control"] = "no-cache" if asset else "no-store"
            await send(message)

        return armoured


def security_headers(policy: str) -> dict[str, str]:
    """The headers of every answer."""
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",  # with no-referrer a form's Origin would be null
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    return {name: values[0] for name, values in fields.items()}


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "local"


def _problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": detail}, status, headers)


def _retry(wait_s: int) -> dict[str, str]:
    return {"retry-after": str(wait_s)}


def _out() -> Response:
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
