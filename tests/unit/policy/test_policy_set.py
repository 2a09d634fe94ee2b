"""The set as a whole: every file read, every reference followed, every problem named at once."""

from __future__ import annotations

import pytest

from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.policy_set import PolicyError, PolicySet
from domain.policy.table import InputError
from tests.unit.policy.tables import COMPANY, company_files

PARTS = "needs a subject, an empty line, the text"


def problems(changes: dict[str, str | None], *, edits: dict[str, tuple[str, str]] | None = None) -> list[str]:
    """What is said about the company's policies with some files changed, removed or edited."""
    files = company_files()
    for name, (old, new) in (edits or {}).items():
        assert old in files[name], f"{name} does not contain {old}"
        files[name] = files[name].replace(old, new, 1)
    files |= {name: text for name, text in changes.items() if text is not None}
    for name in [name for name, text in changes.items() if text is None]:
        del files[name]
    with pytest.raises(PolicyError) as caught:
        PolicySet.parse(files)
    return [str(problem) for problem in caught.value.problems]


def test_the_version_names_the_label_and_the_content() -> None:
    files = company_files()
    version = PolicySet.parse(files).version
    assert version.startswith("2026.1+")
    assert PolicySet.parse(files).version == version
    files["sla.csv"] = files["sla.csv"].replace("15m", "16m")
    assert PolicySet.parse(files).version != version


def test_people_sites_limits_and_titles_are_looked_up() -> None:
    policy = PolicySet.parse(company_files())
    bob = policy.person("bob.tanaka")
    assert bob is not None
    assert bob.roles == ("credit_manager",)
    assert policy.person("nobody") is None
    assert [person.subject for person in policy.people_in("credit_manager")] == ["bob.tanaka", "maya.patel"]
    assert policy.calendar_of("DC-WEST").time_zone == "America/Los_Angeles"
    assert policy.calendar_of("DC-NEW").time_zone == "America/New_York"
    assert policy.limit("credit_manager", ExceptionType.CREDIT_HOLD, "USD").covers(
        Money(amount=250_000, currency="USD")
    )
    assert not policy.limit("credit_manager", ExceptionType.TAX_DISCREPANCY, "USD").covers(
        Money(amount=1, currency="USD")
    )
    assert str(policy.limit("president", ExceptionType.TAX_DISCREPANCY, "EUR")) == "unlimited"
    assert policy.limit("president", ExceptionType.CREDIT_HOLD, "CHF").amount == Money.zero("CHF")
    assert policy.role_title("cfo") == "chief financial officer"
    assert (policy.segment("A"), policy.segment("*")) == ("A", "UNKNOWN")
    with pytest.raises(InputError, match="no policy table"):
        policy.decide("weather")


def test_problems_of_several_files_come_together() -> None:
    found = problems(
        {},
        edits={
            "sla.csv": ("SAME_DAY", "SAMEDAY"),
            "people.csv": ("cfo,", "cfoo,"),
            "outages.csv": ("30m", "half an hour"),
            "calendars.toml": ("America/New_York", "America/New_Amsterdam"),
        },
    )
    assert {line.split(":")[0] for line in found} == {"sla.csv", "people.csv", "outages.csv", "calendars.toml"}


def test_an_unreadable_company_is_no_excuse_for_complaints_about_its_words() -> None:
    found = problems({}, edits={"company.toml": ('name = "Meridian Supply"', ""), "sla.csv": ("SAME_DAY", "SAMEDAY")})
    assert [line.split(":")[0] for line in found] == ["company.toml", "sla.csv"]


def row(file: str, rule: str) -> int:
    """In which row of a company table a rule stands."""
    lines = (COMPANY / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{rule},"))


def test_a_role_that_nobody_holds_is_named_where_it_is_asked() -> None:
    found = problems({}, edits={"people.csv": ("dan.weber,cfo", "dan.weber,president")})
    at = f"tasks.csv:{row('tasks.csv', 'credit-controller')}"
    assert f"{at}: escalate: asks cfo, but nobody in people.csv holds that role" in found
    assert f"{at}: ask_role: asks cfo, but nobody in people.csv holds that role" in found


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "people.csv",
            "president",
            "presidnet",
            "people.csv:7: roles: 'presidnet' is not known: did you mean president?",
        ),
        ("people.csv", "dan.weber", "bob.tanaka", "people.csv:6: subject: 'bob.tanaka' is listed twice"),
        ("people.csv", "dan.weber@", "dan.weber", "people.csv:6: email: 'dan.webermeridian.example' is not an e-mail"),
        ("people.csv", "erin.okafor,", "system:sla,", "cannot name a person"),
        ("people.csv", "WEBHOOK", "PIGEON", "'PIGEON' is not known"),
        ("people.csv", "email", "mail", "people.csv:1: email: is missing"),
        ("tasks.csv", "80:credit_manager", "80:credit_manger", "escalate: 'credit_manger' is not known"),
        ("tasks.csv", "WAIT_FULL,25000", "WAIT_FULL,", "max_amount: is empty: an option at expiry needs the amount"),
        ("tasks.csv", "tax-manager,RESOLUTION", "tax-manager,RESOLVE", ": kind: 'RESOLVE' is not known"),
        ("outages.csv", "others,*", "others,edi", "outages.csv: system: no row covers system = any other"),
        (
            "outages.csv",
            "erp,erp,10m,integration_oncall",
            "erp,erp,10m,buyer",
            "outages.csv:2: role: buyer has no unlimited",
        ),
        ("outages.csv", "crm,crm", "crm,crmm", "outages.csv:4: system: 'crmm' is not known: did you mean crm?"),
        ("hold_codes.csv", "*,STOCK|", "*,TAX|STOCK|", "tax matches the same inputs as row 3 (inventory)"),
        (
            "authority.csv",
            "president,president,CREDIT_HOLD|",
            "president,president,",
            "no role decides CREDIT_HOLD in USD",
        ),
        ("authority.csv", "limit", "limits", "authority.csv:1: limit: is in the header"),
        ("sla.toml", '"UNIQUE"', '"UNIQUE"\ncomplete = false', "sla.toml: complete: must be true"),
        ("jeopardy.csv", "[0s..1h)", "(0s..1h)", "jeopardy.csv: slack: no row covers slack = 0s"),
        ("calendars.toml", '"us-west"', '"us-wset"', "calendars.toml: sites.DC-WEST: there is no calendar 'us-wset'"),
        ("calendars.toml", '"*" =', "DC-MID =", 'calendars.toml: sites: needs "*"'),
        ("calendars.toml", '"09:00-17:00"', '"9-17"', "are no working hours: write them like 09:00-17:00"),
        ("calendars.toml", '"09:00-17:00"', '"09:00-25:00"', "are no working hours of a day"),
        ("calendars.toml", 'subdivision = "CA"', 'subdivision = "XX"', "calendars.us-west.holidays"),
        (
            "calendars.toml",
            'subdivision = "HE" }',
            'subdivision = "HE" }\nhalf_day_hours = ["09:00-13:00"]',
            "use days",
        ),
        ("calendars.toml", "Los_Angeles", "Los_Angles", "is no time zone"),
        ("calendars.toml", "monday", "mnoday", "calendars.us-east.hours.mnoday"),
        ("company.toml", 'version = "2026.1"', "", "company.toml: version: is missing"),
        ("templates/approver/asked.txt", "${link}", "${lnk}", "templates/approver/asked.txt:13: nobody gives ${lnk}"),
        ("templates/approver/asked.txt", "${link}", "$ 5", "has a $ that begins no ${name}"),
        ("templates/customer/question.txt", "${link}", "${page}", "question.txt:9: nobody gives ${page}"),
        ("templates/customer_questions/inventory_split.txt", "DECLINE: ", "DECLINE ", f"inventory_split.txt: {PARTS}"),
        ("templates/customer_questions/inventory_split.txt", "\n\nAGREE", "\nAGREE", f"inventory_split.txt: {PARTS}"),
        ("templates/customer_questions/inventory_split.txt", "${lines}", "$lines$", "has a $ that begins no ${name}"),
    ],
)
def test_one_wrong_cell_is_found(file: str, old: str, new: str, message: str) -> None:
    assert message in "\n".join(problems({}, edits={file: (old, new)}))


def test_a_column_that_the_program_asks_for_must_be_there() -> None:
    found = problems({}, edits=dict.fromkeys(("sla.toml", "sla.csv"), ("before_cutoff", "cutoff_first")))
    assert found == ["sla.toml: before_cutoff: is needed as an output"]
    found = problems(
        {}, edits={"outages.toml": ("inputs.system", "inputs.machine"), "outages.csv": ("system", "machine")}
    )
    assert "outages.toml: machine: is an input that nobody gives" in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"people.csv": None}, "people.csv: is missing"),
        ({"sla.csv": None, "sla.toml": None}, "sla.csv: is needed, and is missing"),
        ({"sla.csv": None}, "sla.toml: is alone: sla.csv is missing"),
        ({"sla.toml": None}, "sla.csv: is alone: sla.toml is missing"),
        ({"sla.xlsx": "PK"}, "sla.xlsx: is no policy file"),
        ({"templates/approver/reminder.txt": None}, "templates/approver/reminder.txt: is missing"),
        ({"templates/customer/order_released.txt": " \n"}, "templates/customer/order_released.txt: is empty"),
        ({"templates/customer/question.txt": None}, "templates/customer/question.txt: is missing"),
        ({"templates/customer_questions/q.txt": "Why?\n\nYES: Yes\nNO: No\n"}, f"q.txt: {PARTS}"),
        ({"templates/customer_questions/q.txt": "Why?\n\nBecause.\n\nYES: Yes\n"}, f"q.txt: {PARTS}"),
        ({"calendars.toml": "[calendars"}, "calendars.toml: cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_found(changes: dict[str, str | None], message: str) -> None:
    assert message in "\n".join(problems(changes))


def test_a_calendar_without_any_hours_is_refused() -> None:
    text = '[calendars.none]\ntime_zone = "UTC"\n[calendars.none.hours]\nmonday = []\n[sites]\n"*" = "none"\n'
    assert any("nothing would ever fall due" in line for line in problems({"calendars.toml": text}))
