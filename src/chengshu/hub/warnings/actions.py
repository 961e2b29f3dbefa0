"""Every way a warning changes, apart from batches of observations (see `batches`)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.kit.errors import Conflict, Invalid

from . import lifecycle
from .lifecycle import Cause
from .models import CityWarning
from .queries import may_come_back, rules_in_force
from .rule import SEVERITIES, Rule


@action("warnings.raise_warning", _("Raise a warning"))
def raise_warning(cause: Cause, *, by: Actor) -> CityWarning:
    """Raise *cause* once: an active warning of its subject grows, a recent one comes back.

    A dismissed warning stays dismissed for the rule's quiet time, unless *cause* is worse.
    """
    warning = _meet(cause) or _first(cause)
    require(by, "warnings.raise_warning", warning)
    return warning


def _first(cause: Cause) -> CityWarning:
    warning = lifecycle.begin(cause)
    lifecycle.number([warning])
    try:
        with transaction.atomic():
            warning.save(force_insert=True)
    except IntegrityError:
        other = _meet(cause)
        if other is None:
            raise
        return other
    lifecycle.tell(warning, lifecycle.raised(warning, cause.at))
    note(turn="raised")
    return warning


def _meet(cause: Cause) -> CityWarning | None:
    """Merge *cause* into the warning it belongs to, if there is one."""
    warning = may_come_back(
        cause.rule, (cause.subject_type, cause.subject_code), cause.at, _quiet_seconds(cause.rule)
    )
    if warning is None:
        return None
    was_worse = lifecycle.escalate(warning, cause.severity, cause.threshold)
    if warning.state == CityWarning.State.DISMISSED:
        return None if was_worse else warning
    tells = [was_worse] if was_worse else []
    if warning.state == CityWarning.State.CLEARED:
        tells.insert(0, lifecycle.come_back(warning, cause.at))
    lifecycle.grow(warning, at=cause.at, value=cause.value, readings=1)
    warning.save()
    for event in tells:
        lifecycle.tell(warning, event)
    note(turn="merged")
    return warning


def _quiet_seconds(rule: str) -> int:
    found = rules_in_force(timezone.localdate()).get(rule)
    return found.quiet_seconds if found else Rule.quiet_seconds


@action("warnings.clear_warning", _("Clear"))
def clear_warning(warning: CityWarning, *, by: Actor, at: datetime | None = None) -> CityWarning:
    """End *warning* because its condition is over, since *at* or since now."""
    return _end(warning, CityWarning.State.CLEARED, at or timezone.now(), "")


@action("warnings.dismiss_warning", _("Dismiss"))
def dismiss_warning(warning: CityWarning, *, reason: str, by: Actor) -> CityWarning:
    """End *warning* because it is wrong or known; *reason* is required."""
    if not reason.strip():
        raise Invalid("A dismissal needs its reason", where={"field": "reason"})
    return _end(warning, CityWarning.State.DISMISSED, timezone.now(), reason.strip())


@action("warnings.escalate_warning", _("Escalate"))
def escalate_warning(warning: CityWarning, *, severity: str, by: Actor) -> CityWarning:
    """Raise the colour of an active warning by hand."""
    if severity not in SEVERITIES:
        raise Invalid(f"No colour {severity!r}", where={"field": "severity"})
    fresh = _active(warning)
    said = lifecycle.escalate(fresh, severity, fresh.threshold)
    if said is None:
        raise Conflict(
            f"Warning {fresh.code} is already {fresh.severity}", where={"severity": severity}
        )
    fresh.save(update_fields=["severity", "threshold"])
    lifecycle.tell(fresh, said)
    return fresh


def _end(warning: CityWarning, state: CityWarning.State, at: datetime, reason: str) -> CityWarning:
    fresh = _active(warning)
    said = lifecycle.end(fresh, state, at, reason)
    fresh.save(update_fields=["state", "cleared_at", "closing_reason"])
    lifecycle.tell(fresh, said)
    return fresh


def _active(warning: CityWarning) -> CityWarning:
    fresh = (
        CityWarning.objects.select_for_update(of=("self",))
        .select_related("place", "owner")
        .get(pk=warning.pk)
    )
    if fresh.state != CityWarning.State.ACTIVE:
        raise Conflict(f"Warning {fresh.code} is already {fresh.state}", where={"code": fresh.code})
    return fresh
