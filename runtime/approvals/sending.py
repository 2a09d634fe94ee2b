"""From what was typed to a request that a case has answered: the one way on which every answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runtime.approvals.acting import pick_task, request_of, send
from runtime.approvals.refusals import ExitCode, Refused

if TYPE_CHECKING:
    from temporalio.client import Client

    from domain.case import Case
    from domain.tasks import Receipt
    from runtime.approvals.commands import Answer, Target
    from runtime.approvals.signing import Signer


async def send_answer(client: Client, signer: Signer, case: Case, target: Target, given: Answer) -> Receipt:
    """The case's receipt for one answer. Raises Refused."""
    task = pick_task(case, target.task_id, target.hold_id)
    request = request_of(
        task,
        given.action,
        signer.subject,
        task_revision=target.revision,
        option=given.option,
        adjustments=parse_values(given.values),
        reason_code=given.reason_code,
        comment=given.comment,
        to=given.to,
        role=given.role,
        on_behalf_of=given.on_behalf_of,
        attachments=[parse_document(written) for written in given.documents],
    )
    return await send(client, signer, case, task, request)


def parse_values(written: Sequence[str]) -> dict[str, str]:
    """`name=value` pairs as a mapping. Raises Refused (INVALID) for what is none, or the same name twice."""
    values: dict[str, str] = {}
    for pair in written:
        name, equals, value = pair.partition("=")
        if not (name and equals) or name in values:
            raise Refused(ExitCode.INVALID, f"--set {pair[:60]!a}: write NAME=VALUE, each name once.")
        values[name] = value
    return values


def parse_document(written: str) -> dict[str, str]:
    """`https://...#sha256` as an attachment. Raises Refused (INVALID) without a digest."""
    link, hash_sign, sha256 = written.rpartition("#")
    if not (link and hash_sign):
        raise Refused(ExitCode.INVALID, f"--attach {written[:60]!a}: write the link, a # and the document's SHA-256.")
    return {"link": link, "sha256": sha256.lower()}
