"""The pages that customers see: small, without script, and with nothing from any other host."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from html import escape
from http import HTTPStatus

from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, BaseModel

from domain.facts.consent import ConsentState
from domain.policy.wording import instant_in_words

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #ffffff; --line: #5b6b86; --accent: #0b4fb3; --on: #ffffff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf3; --paper: #12161d; --line: #93a1b8; --accent: #8db8ff; --on: #0b1220 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 1rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1.25rem }
dt { color: var(--line) }
dd { margin: 0 }
button { display: block; width: 100%; min-height: 3.25rem; margin: 0 0 .75rem; padding: .75rem 1rem; font: inherit;
  font-weight: 600; text-align: left; border: 2px solid var(--accent); border-radius: .5rem; background: var(--paper);
  color: var(--accent); cursor: pointer }
button:hover, button:focus-visible { background: var(--accent); color: var(--on) }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
.note { color: var(--line) }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class Choice(BaseModel):
    """An answer on offer."""

    choice: str
    label: str


class ConsentRequest(BaseModel):
    """A question as the CRM keeps it."""

    id: str
    order_id: str
    po_number: str
    question: str
    subject: str
    text: str
    choices: tuple[Choice, ...]
    answer_by: AwareDatetime
    state: ConsentState
    choice: str | None = None
    answered_at: AwareDatetime | None = None

    @property
    def answer(self) -> str:
        """What was answered, in the words of the button."""
        return next((offered.label for offered in self.choices if offered.choice == self.choice), "")


def question_page(request: ConsentRequest, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """The question with a button for each answer."""
    buttons = "".join(
        f'<button name="choice" value="{escape(offered.choice)}">{escape(offered.label)}</button>'
        for offered in request.choices
    )
    form = f'<form method="post">{buttons}</form>'
    until = f'<p class="note">You can answer until {_instant(request.answer_by)}. One press is enough.</p>'
    return _page(request.subject, f"{_about(request)}{_paragraphs(request.text)}{form}{until}", status)


def answered_page(request: ConsentRequest) -> HTMLResponse:
    """Thanks, once the answer is kept."""
    body = f"<p>Your answer: <strong>{escape(request.answer)}</strong></p>"
    done = '<p class="note">There is nothing more to do. You can close this page.</p>'
    return _page("Thank you: we have your answer", f"{_asked(request)}{body}{done}", HTTPStatus.OK)


def contradiction_page(request: ConsentRequest) -> HTMLResponse:
    """Another answer was there before."""
    body = f"<p>The first answer counts, and it was: <strong>{escape(request.answer)}</strong></p>"
    way_out = "<p>If that is not what you want, please reply to our mail.</p>"
    return _page("This was answered before", f"{_asked(request)}{body}{way_out}", HTTPStatus.CONFLICT)


def notice_page(title: str, text: str, status: HTTPStatus, retry_after: int | None = None) -> HTMLResponse:
    """A page that says why there is nothing to answer."""
    page = _page(title, f"<p>{escape(text)}</p>", status)
    if retry_after is not None:
        page.headers["Retry-After"] = str(retry_after)
    return page


def _about(request: ConsentRequest) -> str:
    purchase = f"<dt>Your order</dt><dd>{escape(request.po_number)}</dd>"
    return f"<dl>{purchase}<dt>Our number</dt><dd>{escape(request.order_id)}</dd></dl>"


def _asked(request: ConsentRequest) -> str:
    return f"{_about(request)}<p>You were asked: {escape(request.subject)}</p>"


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{'<br>'.join(map(escape, part.splitlines()))}</p>" for part in parts if part)


def _instant(instant: datetime) -> str:
    return f'<time datetime="{escape(instant.isoformat())}">{escape(instant_in_words(instant))}</time>'


def _page(title: str, body: str, status: HTTPStatus) -> HTMLResponse:
    name = escape(title)
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{name}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(html, status, dict(_HEADERS))
