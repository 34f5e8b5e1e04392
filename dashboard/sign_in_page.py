"""The sign-in as a page of its own: no scripts, both languages."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.catalogue import words


def sign_in_page(request: Request, status: int, code: str, where: str, language: str) -> Response:
    """The form.

    Parameters
    ----------
    status
        Of the answer.
    code
        What went wrong (`door.<code>`), or nothing.
    where
        Where to go afterwards: a path of our own.
    language
        Of the house, where the address does not ask for another.
    """
    said = words(request.query_params.get("lang", language))
    other = said("page.other_language_code")
    trouble = f'<p class="trouble" role="alert">{escape(said(f"door.{code}"))}</p>' if code else ""
    html = f"""<!doctype html>
<html lang="{"zh-CN" if said.language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>pierwatch · {escape(said("door.title"))}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/sign_in.css">
</head>
<body>
<main>
<h1>pierwatch</h1>
<p class="faint">{escape(said("page.product"))}</p>
<form method="post" action="/sign-in?lang={said.language}">
<input type="hidden" name="next" value="{escape(where, quote=True)}">
<input type="text" name="username" value="pierwatch" autocomplete="username" hidden>
<label for="password">{escape(said("door.password"))}</label>
<input id="password" name="password" type="password" required autofocus
 autocomplete="current-password">
{trouble}
<button type="submit">{escape(said("door.enter"))}</button>
</form>
<p class="faint">{escape(said("door.where"))}</p>
<p class="faint">{escape(said("door.notice"))}
<a href="/sign-in?lang={other}">{escape(said("page.other_language"))}</a></p>
</main>
</body>
</html>"""
    return HTMLResponse(html, status)
