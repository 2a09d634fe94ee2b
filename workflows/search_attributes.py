"""The search attributes by which cases are found. Nothing personal goes in here.

SQL visibility allows 10 Keyword and 3 each of KeywordList, Datetime, Double, Int and Bool attributes.
"""

from __future__ import annotations

from typing import Any

from temporalio.common import SearchAttributeKey

CASE_STATE = SearchAttributeKey.for_keyword("CaseState")
ORDER_ID = SearchAttributeKey.for_keyword("OrderId")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
JEOPARDY = SearchAttributeKey.for_keyword("Jeopardy")
SEGMENT = SearchAttributeKey.for_keyword("Segment")
POLICY_VERSION = SearchAttributeKey.for_keyword("PolicyVersion")
EXCEPTION_TYPE = SearchAttributeKey.for_keyword_list("ExceptionType")
AWAITING_ROLE = SearchAttributeKey.for_keyword_list("AwaitingRole")
RETRYING_SYSTEM = SearchAttributeKey.for_keyword_list("RetryingSystem")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
HELD_SINCE = SearchAttributeKey.for_datetime("HeldSince")
AMOUNT_AT_RISK = SearchAttributeKey.for_float("AmountAtRisk")
TOUCHLESS = SearchAttributeKey.for_bool("Touchless")
REWORK = SearchAttributeKey.for_bool("Rework")

ALL: tuple[SearchAttributeKey[Any], ...] = (
    CASE_STATE,
    ORDER_ID,
    CUSTOMER_ID,
    JEOPARDY,
    SEGMENT,
    POLICY_VERSION,
    EXCEPTION_TYPE,
    AWAITING_ROLE,
    RETRYING_SYSTEM,
    DUE_AT,
    HELD_SINCE,
    AMOUNT_AT_RISK,
    TOUCHLESS,
    REWORK,
)
