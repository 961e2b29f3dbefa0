"""What becomes of rejected rows: corrected and replayed, dismissed, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chengshu.core.access.policy import Actor, Reach
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.records.ledger import Told
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.follow import announce_stored
from chengshu.hub.sensing.ingest.door import Answer, answer_to
from chengshu.hub.sensing.ingest.index import Streams, load
from chengshu.hub.sensing.ingest.rejected import assign, number_kept, parcel_of
from chengshu.hub.sensing.ingest.rows import REASONS, sort_out
from chengshu.hub.sensing.models import Datastream, Rejection, RejectionCount
from chengshu.hub.sensing.store import Counts
from chengshu.hub.sensing.store.current import current
from chengshu.kit.errors import Conflict

State = Rejection.State
REPLAY, CORRECT = "sensing.replay_rejections", "sensing.correct_rejection"
COUNTS = ("received", "stored", "duplicate", "rejected")
FORGOTTEN_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Replayed(Told):
    """``received == stored + duplicate + rejected``; what was settled before is in none."""

    received: int
    stored: int
    duplicate: int
    rejected: int


@action(REPLAY, gettext_lazy("Replay"))
def replay_rejections(rejections: list[Rejection], *, by: Actor) -> Replayed:
    """Hand *rejections* in again as they are, with the rights of *by*; settled ones are left."""
    return _replay(rejections, by, by.policy.of(REPLAY))


@action(CORRECT, gettext_lazy("Correct and replay"))
def correct_rejection(rejection: Rejection, *, by: Actor, **stated: str) -> Replayed:
    """Hand *rejection* in again with other values of its ``stated_…`` fields; empty leaves one.

    It is stored where *by* may correct rows: another terminal needs the right to it as well.
    """
    changed = {
        name: value for name, value in stated.items() if value and getattr(rejection, name) != value
    }
    told = _replay([rejection], by, by.policy.of(CORRECT), changed)
    note(fields=sorted(changed))
    return told


@action("sensing.dismiss_rejection", pgettext_lazy("rejected row", "Dismiss"))
def dismiss_rejection(rejection: Rejection, *, by: Actor, reason: str = "") -> Rejection:
    """Leave *rejection* as it is, for *reason*: it was not worth storing."""
    if not reason.strip():
        raise WrongValues({"reason": _("must not be empty")})
    if not _locked([rejection]):
        raise Conflict(_("The row is %(state)s.") % {"state": rejection.get_state_display()})
    rejection.reason = reason.strip()
    _settle(rejection, State.DISMISSED, by)
    rejection.save(update_fields=["state", "reason", "settled_at", "settled_by"])
    return rejection


@action("sensing.forget_rejections", gettext_lazy("Remove old rejected rows"))
def forget_rejections(*, by: Actor, before: datetime) -> int:
    """Remove what came before *before*, whatever became of it, and the counts. How many rows."""
    removed = 0
    while keys := list(
        Rejection.objects.filter(at__lt=before).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]
    ):
        Rejection.objects.filter(pk__in=keys).delete()
        removed += len(keys)
    RejectionCount.objects.filter(rejected_on__lt=timezone.localdate(before)).delete()
    note(removed=removed)
    return removed


def _locked(rejections: Sequence[Rejection]) -> list[Rejection]:
    """Those of *rejections* that are still open, read anew and locked until the end."""
    keys = [rejection.pk for rejection in rejections]
    rows = Rejection.objects.select_for_update().filter(pk__in=keys).order_by("pk").in_bulk()
    for rejection in rejections:
        if fresh := rows.get(rejection.pk):
            rejection.state = fresh.state
    return [each for each in rejections if each.pk in rows and each.state == State.OPEN]


def _replay(
    rejections: list[Rejection],
    by: Actor,
    reaches: list[Reach],
    stated: dict[str, str] | None = None,
) -> Replayed:
    """By the road of every entrance: the same checks, the same store.

    The lake commits before PostgreSQL does. If that fails the rows stay open, and handing them
    in again finds duplicates.
    """
    found = _locked(rejections)
    for rejection in found:
        for name, value in (stated or {}).items():
            setattr(rejection, name, value)
    answer = _handed_in(found, by, reaches) if found else Answer(0, 0, 0, 0)
    counts = {name: getattr(answer, name) for name in COUNTS}
    note(**counts)
    text = _report(counts, len(rejections) - len(found))
    return Replayed(text, is_well=not answer.rejected, **counts)


def _handed_in(found: list[Rejection], by: Actor, reaches: list[Reach]) -> Answer:
    parcel = parcel_of(found)
    streams = Streams(load(_named_by(found)))
    fit = sort_out(parcel, parcel.addressed(streams), streams, reaches, datetime.now(UTC))
    stored = Counts(0, 0, 0, 0)
    if len(fit):
        stored = current().append(fit)
        transaction.on_commit(announce_stored)
    refused = {number: code for number, code, _sent in parcel.rejected}
    assign(found)
    for number, rejection in enumerate(found, start=1):
        if code := refused.get(number):
            rejection.code, rejection.message = code, REASONS[code]
        else:
            _settle(rejection, State.REPLAYED, by)
    Rejection.objects.bulk_update(found, WRITTEN)
    return answer_to(parcel.rejected, stored)


WRITTEN = (
    *("code", "message", "terminal", "grade", "state", "settled_at", "settled_by"),
    *(f"stated_{name}" for name in ("terminal", "property", "at", "value")),
)


def _named_by(found: Sequence[Rejection]) -> Any:
    """The datastreams of the terminals and of the numbers that *found* name."""
    codes = {rejection.stated_terminal for rejection in found}
    numbers = {number_kept(rejection, "datastream") for rejection in found} - {None}
    return Datastream.objects.filter(Q(terminal__code__in=codes) | Q(pk__in=numbers))


def _settle(rejection: Rejection, state: State, by: Actor) -> None:
    rejection.state = state
    rejection.settled_at, rejection.settled_by = timezone.now(), by.name[:80]


def _report(counts: dict[str, int], left: int) -> str:
    text = (
        _(
            "%(received)d handed in: %(stored)d stored, %(duplicate)d there already, "
            "%(rejected)d rejected again."
        )
        % counts
    )
    return text + (" " + _("%(left)d were settled before.") % {"left": left} if left else "")
