"""Who may do what with a question, written down plainly: a second opinion that shares no code with the product.

It knows credit questions only, and the people and limits of the company as the tests' policies have them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = {
    "alice.moreno": {"assistant_credit_manager"},
    "bob.tanaka": {"credit_manager"},
    "maya.patel": {"credit_manager", "assistant_credit_manager"},
    "carol.singh": {"controller"},
    "adam.stone": {"controller", "administrator"},
    "dan.weber": {"cfo"},
    "erin.okafor": {"president"},
    "frank.rossi": {"sales_manager"},
    "wanda.ortiz": {"administrator"},
    "yuri.lang": {"auditor"},
}
LIMITS: dict[str, float] = {
    "assistant_credit_manager": 25_000,
    "credit_manager": 250_000,
    "controller": 500_000,
    "cfo": 1_000_000,
    "president": float("inf"),
}
SENIORS = {
    "assistant_credit_manager": ["credit_manager", "controller", "cfo", "president"],
    "credit_manager": ["controller", "cfo", "president"],
    "controller": ["cfo", "president"],
    "cfo": ["president"],
    "president": [],
}
SUBSTITUTES = {("dan.weber", "carol.singh"), ("alice.moreno", "bob.tanaka"), ("carol.singh", "dan.weber")}
"""Who acts for whom."""
ALONE_AFTER_ADJUSTING = 250_000
ENQUIRIES = 2
CANDIDATES = {"APPROVE", "ADJUST", "REJECT", "CLAIM", "RELEASE_CLAIM", "DELEGATE", "FORWARD", "ASK"}
OWNERS = {"RELEASE_CLAIM", "DELEGATE", "FORWARD", "ASK"}
ADMINISTRATION = {"REASSIGN", "EXTEND"}
ALWAYS = {"COMMENT"}
IN_A_PAUSE = {"ANSWER", "WITHDRAW", "COMMENT"}
COMMITS = {"APPROVE", "ADJUST"}


def chain(amount: float) -> list[str]:
    """Whose approvals an amount takes; none if one person decides."""
    if 500_000 < amount <= 1_000_000:
        return ["credit_manager", "controller", "cfo"]
    return ["controller", "cfo", "president"] if amount > 1_000_000 else []


def first_role(amount: float, asked: str) -> str:
    """Who is asked first."""
    return chain(amount)[0] if chain(amount) else asked


@dataclass
class Wish:
    """What somebody wants to do."""

    action: str
    actor: str
    behalf: str | None = None
    to: str | None = None
    role: str | None = None
    amount: float = 0
    """The new one, of ADJUST."""
    revision: int = 1

    @property
    def persons(self) -> set[str]:
        """Who acts, and for whom."""
        return {self.actor} | ({self.behalf} if self.behalf else set())


@dataclass
class Question:
    """A question and what has become of it."""

    amount: float
    asked: str
    """By the playbook, whatever the chain."""
    excluded: set[str]
    awaited: str = ""
    base: str = ""
    revision: int = 1
    owner: str | None = None
    filled: list[tuple[str, set[str]]] = field(default_factory=list)
    """The levels of the chain that are filled, each with everybody who had a part in it."""
    adjusters: set[str] = field(default_factory=set)
    givers: set[str] = field(default_factory=set)
    paused: bool = False
    informant: str | None = None
    enquiries: int = 0
    put_off: bool = False
    state: str = "OPEN"
    decided_by: Wish | None = None

    def __post_init__(self) -> None:
        self.awaited = self.base = first_role(self.amount, self.asked)

    # who may

    def refusal(self, wish: Wish) -> str | None:
        """Why not; None if it is allowed."""
        for rule in (self._by_state, self._by_content, self._by_substitution, self._by_part, self._by_right):
            found = rule(wish)
            if found is not None:
                return found
        return None

    def _by_state(self, wish: Wish) -> str | None:
        if wish.action in ALWAYS:
            return None
        if self.state != "OPEN":
            return "EXPIRED" if self.state == "EXPIRED" else "CONFLICT"
        if wish.revision != self.revision:
            return "STALE"
        if self.paused != (wish.action == "ANSWER") and (not self.paused or wish.action not in IN_A_PAUSE):
            return "CONFLICT"
        if wish.action in CANDIDATES and self.owner not in (None, wish.actor):
            return "CONFLICT"
        return "CONFLICT" if wish.action in OWNERS and self.owner is None else None

    def _by_content(self, wish: Wish) -> str | None:
        if wish.action == "DELEGATE" and wish.to in wish.persons:
            return "INVALID"
        if wish.action == "FORWARD" and wish.role == self.awaited:
            return "INVALID"
        return "INVALID" if wish.action == "EXTEND" and self.put_off else None

    def _by_substitution(self, wish: Wish) -> str | None:
        if wish.behalf is None:
            return None
        if (wish.actor, wish.behalf) not in SUBSTITUTES:
            return "FORBIDDEN"
        return "FORBIDDEN" if wish.action not in CANDIDATES | ALWAYS else None

    def _by_part(self, wish: Wish) -> str | None:
        """Exclusion beats everything that follows. Only giving back what one has harms nobody."""
        if wish.action not in CANDIDATES | ADMINISTRATION or wish.action == "RELEASE_CLAIM":
            return None
        if wish.persons & self.excluded:
            return "SEGREGATION"
        return "SEGREGATION" if wish.action in CANDIDATES and self._has_part(wish.persons) else None

    def _has_part(self, persons: set[str]) -> bool:
        return any(persons & had for _, had in self.filled)

    def _by_right(self, wish: Wish) -> str | None:
        if wish.action == "COMMENT":
            return self._comment(wish)
        if wish.action == "ANSWER":
            known = wish.actor in self.excluded or wish.actor in (self.informant, self.owner)
            return None if known else "FORBIDDEN"
        if wish.action == "WITHDRAW":
            return None if wish.actor in self.excluded else "FORBIDDEN"
        if wish.action in ADMINISTRATION:
            if "administrator" not in ROLES[wish.actor]:
                return "FORBIDDEN"
            return self._target(wish) if wish.action == "REASSIGN" else None
        return self._candidate(wish)

    def _comment(self, wish: Wish) -> str | None:
        if wish.actor in self.excluded or (wish.actor == self.informant and self.paused):
            return None
        who = wish.behalf or wish.actor
        return None if ROLES[who] & {*self._deciders(), *(chain(self.amount) or ())} else "FORBIDDEN"

    def _candidate(self, wish: Wish) -> str | None:
        if wish.action == "RELEASE_CLAIM" and wish.actor == self.owner:
            return None
        who = wish.behalf or wish.actor
        refusal = self._able(who, limit=wish.action in COMMITS)
        if refusal is not None:
            return refusal
        if wish.action in COMMITS and wish.behalf is not None and self._own_limit(wish.actor) < self._needed():
            return "LIMIT"
        alone = not chain(self.amount) and self.amount > ALONE_AFTER_ADJUSTING
        if wish.action == "APPROVE" and alone and wish.persons & self.adjusters:
            return "SEGREGATION"
        if wish.action in ("DELEGATE", "FORWARD"):
            return self._target(wish)
        return "INVALID" if wish.action == "ASK" and self.enquiries >= ENQUIRIES else None

    def _target(self, wish: Wish) -> str | None:
        if wish.role is not None:
            if wish.role not in (self.base, *SENIORS[self.base]):
                return "FORBIDDEN"
            if LIMITS[wish.role] < self._needed():
                return "LIMIT"
            holders = {who for who, roles in ROLES.items() if wish.role in roles}
            free = [who for who in holders if who not in self.excluded and not self._has_part({who})]
            return None if free else "SEGREGATION"
        taker = wish.to or ""
        if taker in self.excluded or self._has_part({taker}):
            return "SEGREGATION"
        if wish.action == "DELEGATE" and taker in self.givers:
            return "SEGREGATION"
        return self._able(taker, limit=True)

    def _deciders(self) -> list[str]:
        return [self.awaited, *SENIORS[self.awaited]]

    def _needed(self) -> float:
        """What a limit must cover: everything at the end of a chain, before it what the level itself may."""
        levels = chain(self.amount)
        if not levels or self.base == levels[-1]:
            return self.amount
        return min(self.amount, LIMITS[self.base])

    def _able(self, who: str, *, limit: bool) -> str | None:
        held = [role for role in self._deciders() if role in ROLES[who]]
        if not held:
            return "FORBIDDEN"
        if limit and max(LIMITS[role] for role in held) < self._needed():
            return "LIMIT"
        return None

    @staticmethod
    def _own_limit(who: str) -> float:
        return max((LIMITS.get(role, 0) for role in ROLES[who]), default=0)

    # what happens

    def apply(self, wish: Wish) -> None:
        """What it leads to, if it is allowed."""
        getattr(self, f"_on_{wish.action.lower()}", lambda _: None)(wish)

    def _on_claim(self, wish: Wish) -> None:
        self.owner = wish.actor

    def _on_release_claim(self, wish: Wish) -> None:  # noqa: ARG002
        self.owner = None

    def _on_approve(self, wish: Wish) -> None:
        levels = chain(self.amount)
        self.filled.append((self.base, wish.persons))
        if len(self.filled) >= len(levels):
            self.state, self.decided_by = "DECIDED", wish
            return
        self.awaited = self.base = levels[len(self.filled)]
        self.owner = None
        self.revision += 1

    def _on_reject(self, wish: Wish) -> None:
        self.state, self.decided_by = "DECIDED", wish

    def _on_adjust(self, wish: Wish) -> None:
        self.adjusters |= wish.persons
        if wish.amount == self.amount:
            return
        before = first_role(self.amount, self.asked)
        self.amount, self.revision = wish.amount, self.revision + 1
        if self.filled or first_role(self.amount, self.asked) != before:
            self.awaited = self.base = first_role(self.amount, self.asked)
            self.owner = None
        self.filled = []

    def _on_delegate(self, wish: Wish) -> None:
        self.givers |= wish.persons
        self.owner = wish.to

    def _on_forward(self, wish: Wish) -> None:
        self.awaited, self.owner = wish.role or "", None

    def _on_reassign(self, wish: Wish) -> None:
        if wish.to is not None:
            self.owner = wish.to
        else:
            self._on_forward(wish)

    def _on_ask(self, wish: Wish) -> None:
        self.paused, self.informant = True, wish.to
        self.enquiries += 1

    def _on_answer(self, wish: Wish) -> None:  # noqa: ARG002
        self.paused = False

    def _on_extend(self, wish: Wish) -> None:  # noqa: ARG002
        self.put_off = True

    def _on_withdraw(self, wish: Wish) -> None:  # noqa: ARG002
        self.state = "WITHDRAWN"

    def escalate(self, role: str) -> None:
        """Silence puts it to another role."""
        self.awaited, self.owner = role, None
