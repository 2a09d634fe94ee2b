"""What goes out: documents are sent by the partner's route, and wait for its 997."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.edi.book import BUSINESS, QUEUED, SENT, Book
from sandbox.kernel import Document, Problem


class Outbound:
    """Sends what is due. A partner that refuses our credentials is not called again until somebody resumes it."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def send_due(self) -> None:
        """Everything that waits, as far as partners take it. Belongs inside a transaction."""
        now = datetime.now(UTC)
        for document in self._book.outbound.all(state=QUEUED):
            if datetime.fromisoformat(document["send_at"]) <= now:
                self.send(document, now)

    def send(self, document: Document, now: datetime) -> Document:
        """One document; it stays where it is if the partner refuses us."""
        connection = self._book.connection(document["partner"])
        if connection.paused:
            return document
        route = connection.route(connection.active)
        attempts = document["attempts"] + 1
        if route is None or not route.accepts:
            self._book.connections.put(connection.model_copy(update={"paused": True}))
            refused = self._book.change(self._book.outbound, document, attempts=attempts)
            self._book.note("connection.refused", refused)
            return refused
        due = now + timedelta(seconds=self._book.settings.acknowledge_within)
        sent = self._book.change(
            self._book.outbound,
            document,
            state=SENT,
            attempts=attempts,
            sent_at=now.isoformat(),
            due_at=due.isoformat() if document["document"] in BUSINESS else None,
            alert=None,
        )
        self._book.note(f"outbound.sent.{document['document']}", sent)
        return sent

    def send_again(self, order_id: str) -> list[Document]:
        """The order's documents that wait or are overdue; they are as before if the partner refuses us.

        Returns them as they were. Raises Problem 409 if the partner still refuses us.
        """
        now = datetime.now(UTC)
        waiting = [one for one in self._book.sent_about(order_id) if one["state"] == QUEUED]
        before = [*waiting, *self._book.overdue(now, order_id)]
        for document in before:
            if self.send({**document, "state": QUEUED}, now)["state"] != SENT:
                raise Problem(409, "partner_refuses", f"partner {document['partner']} refuses our connection")
        return before
