"""The messages as a page for people."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from string import Template
from typing import Any

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mailbox</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
article { border-top: 1px solid #8884; padding: .5rem 0; }
h2 { font-size: 1rem; margin: .3rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
</style></head><body><h1>Mailbox</h1><p>$count messages, the newest first. <a href="/docs">API</a></p>
$messages</body></html>
""")


def page(mails: Iterable[dict[str, Any]], hooks: Iterable[dict[str, Any]], count: int) -> str:
    """HTML in which nothing that was received can do anything."""
    entries = [*(_mail(mail) for mail in mails), *(_hook(hook) for hook in hooks)]
    newest_first = (text for _, text in sorted(entries, reverse=True))
    return _PAGE.substitute(count=count, messages="\n".join(newest_first))


def _mail(mail: dict[str, Any]) -> tuple[str, str]:
    return _entry(mail["received_at"], mail["subject"], ", ".join(mail["recipients"]), mail["text"])


def _hook(hook: dict[str, Any]) -> tuple[str, str]:
    body = hook["body"] if isinstance(hook["body"], dict) else {}
    title = f"webhook: {body.get('subject', hook['id'])}"
    text = str(body.get("text", hook["body"]))
    return _entry(hook["received_at"], title, f"{hook['deliveries']} deliveries", text)


def _entry(received_at: str, title: str, to: str, text: str) -> tuple[str, str]:
    shown = (escape(part) for part in (title, received_at, to, text))
    return received_at, "<article><h2>{}</h2><p>{} &middot; {}</p><pre>{}</pre></article>".format(*shown)
