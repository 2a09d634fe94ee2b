"""What can be done about an exception, by the playbook of its type and the policies of this moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Circumstances
from domain.calls import AssessRequest, Recheck, RecheckRequest
from domain.exception_types import IntegrationErrorKind
from domain.facts.fact import FactMissing
from domain.money import CurrencyMismatch
from domain.playbooks import playbook_for
from domain.playbooks.adjustment import InvalidAdjustment
from domain.policy.chains import with_levels
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap
from domain.policy.table import InputError
from domain.recheck import compare
from domain.tasks import Refusal


def utc_now() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


class AssessmentActivities:
    """Every public method is the activity of its name."""

    def __init__(self, policies: Callable[[], PolicySet], clock: Callable[[], datetime] = utc_now) -> None:
        self._policies = policies
        self._clock = clock

    @activity.defn(name="assessment.assess")
    async def assess(self, request: AssessRequest) -> Assessment:
        """The ranked options for one exception. INVALID if a person's new values cannot be used."""
        return self._assessed(request)

    @activity.defn(name="assessment.recheck")
    async def recheck(self, request: RecheckRequest) -> Recheck:
        """The same on today's facts, and what moved against the decision."""
        approved, today = request.approved, self._assessed(request.assess)
        worse = tuple(str(change) for change in compare(approved, approved.amount, today) if change.worse)
        return Recheck(assessment=today, changes=worse)

    def _assessed(self, request: AssessRequest) -> Assessment:
        circumstances = Circumstances(
            order=request.order,
            hold=request.hold,
            facts=request.facts,
            now=self._clock(),
            waited_for=request.waited_for,
            adjustments=request.adjustments,
        )
        about = f"order {request.case.order_id}, hold {request.hold.hold_id} ({request.exception_type})"
        try:
            policy = self._policies()
            return with_levels(playbook_for(request.exception_type).assess(circumstances, policy), policy)
        except InvalidAdjustment as error:
            raise _failed(str(error), Refusal.INVALID) from error
        except ValidationError as error:
            raise _failed(f"{about}: {_shape(error)}", IntegrationErrorKind.POISON) from None
        except (FactMissing, PolicyGap, InputError, CurrencyMismatch) as error:
            raise _failed(f"{about}: {error}", IntegrationErrorKind.VALIDATION) from error


def _failed(message: str, kind: Refusal | IntegrationErrorKind) -> ApplicationError:
    return ApplicationError(message, type=kind.value, non_retryable=True)


def _shape(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"a fact is not a {error.title}: {where} {first['msg']}; read it again or correct what was entered by hand"
