# ruff: noqa: PLC0415 - a command imports only what it needs
"""The arguments and options that several commands have."""

from typing import Annotated

import typer


def _complete_case(incomplete: str) -> list[str]:
    from runtime.approvals.completion import orders_beginning_with

    return orders_beginning_with(incomplete)


def _complete_person(incomplete: str) -> list[str]:
    from runtime.approvals.completion import people_beginning_with

    return people_beginning_with(incomplete)


def _complete_role(incomplete: str) -> list[str]:
    from runtime.approvals.completion import roles_beginning_with

    return roles_beginning_with(incomplete)


Case = Annotated[str, typer.Argument(help="Order id or workflow id.", autocompletion=_complete_case)]
Actor = Annotated[
    str | None,
    typer.Option("--as", help="Who acts: your subject; HOLDFAST_USER if not given.", autocompletion=_complete_person),
]
ActsFor = Annotated[
    str | None,
    typer.Option("--for", help="Whom you act for, as his substitute.", autocompletion=_complete_person),
]
Json = Annotated[bool, typer.Option("--json", help="Answer with JSON, a refusal too.")]
TaskId = Annotated[str | None, typer.Option("--task", help="Which question, if the case has several.")]
HoldId = Annotated[str | None, typer.Option("--hold", help="The question about this hold.")]
Revision = Annotated[
    int | None, typer.Option("--revision", min=1, help="The revision you have seen: refused if it is another now.")
]
Chosen = Annotated[str | None, typer.Option("--option", help="The option; the recommended one if not given.")]
Remark = Annotated[str, typer.Option("--comment", help="A remark, up to 2 KB.")]
Reason = Annotated[str | None, typer.Option("--reason", help="The reason code, such as CUSTOMER_RISK.")]
Values = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A value; repeat for more.")]
Documents = Annotated[
    list[str] | None,
    typer.Option("--attach", metavar="URL#SHA256", help="A document's https link and its SHA-256; repeat for more."),
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="What awaits this role; repeat for more.", autocompletion=_complete_role),
]
Everybody = Annotated[bool, typer.Option("--all", help="What awaits anybody.")]
ToPerson = Annotated[str | None, typer.Option("--to", help="The person's subject.", autocompletion=_complete_person)]
Taker = Annotated[
    str, typer.Option("--to", help="Somebody who may decide it, by role and limit.", autocompletion=_complete_person)
]
NextRole = Annotated[str, typer.Option("--role", help="A role that may decide it.", autocompletion=_complete_role)]
ToRole = Annotated[str | None, typer.Option("--role", help="The role.", autocompletion=_complete_role)]
