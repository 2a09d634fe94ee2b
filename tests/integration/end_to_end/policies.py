"""The demo's tables with deadlines for tests: seconds where silence is tested, long enough elsewhere for people who
answer by starting a program on a busy machine.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.stack import POLICIES

_DEMO = POLICIES[-1]

SLA = """rule,service_level,acknowledge,resolve,before_cutoff,note
same-day,SAME_DAY,2s,4s,false,for tests of silence
others,PRIORITY|STANDARD,5m,30m,false,for tests of answers
"""
LIFECYCLE = """rule,service_level,segment,recheck_after,follow_until,follow_for,rework_within
priority,PRIORITY,*,1s,INVOICED,90s,7d
others,STANDARD|SAME_DAY,*,1m,INVOICED,90s,7d
"""
OUTAGES = """rule,system,ask_after,role,together,note
tax,tax,2s,integration_oncall,false,
others,*,30s,integration_oncall,false,
"""
CASH_WAIT, PAYMENT_WAIT, ANSWER_WAIT = "20m", "25m", "30m"
"""So long that a wait which ends within a test was ended by an event."""


def write_policies(directory: Path) -> tuple[Path, ...]:
    """The directories of the tables, the last of them `directory`."""
    (directory / "sla.csv").write_text(SLA)
    (directory / "lifecycle.csv").write_text(LIFECYCLE)
    (directory / "outages.csv").write_text(OUTAGES)
    terms = (_DEMO / "credit_terms.csv").read_text()
    waits = f",{CASH_WAIT},{PAYMENT_WAIT},"
    (directory / "credit_terms.csv").write_text(terms.replace(",10s,20s,", waits).replace(",5s,10s,", waits))
    consent = (_DEMO / "inventory_consent.csv").read_text()
    (directory / "inventory_consent.csv").write_text(consent.replace(",8s,", f",{ANSWER_WAIT},"))
    return (*POLICIES, directory)
