"""The ledgers of rejected rows: what was sent, why it was refused and its way back in; how many."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.records.ledger import Button, Column, Ledger, RecordPanel, fields_of, register
from chengshu.hub.sensing.actions import rejections
from chengshu.hub.sensing.ingest.rows import REASONS
from chengshu.hub.sensing.models import Rejection, RejectionCount


def _as_sent(rejection: Rejection, actor: Actor) -> Mapping[str, Any]:
    return {"sent": orjson.dumps(rejection.row, option=orjson.OPT_INDENT_2).decode()}


def _message(rejection: Rejection) -> str:
    return gettext(rejection.message)


def _meaning(count: RejectionCount) -> str:
    """Empty for an error of SensorThings, whose message differs from row to row."""
    return gettext(REASONS[count.code]) if count.code in REASONS else ""


def _is_open(rejection: Rejection) -> bool:
    return rejection.state == Rejection.State.OPEN


STATED = ("stated_terminal", "stated_property", "stated_at", "stated_value")

register(
    Ledger(
        name="sensing.rejections",
        model=Rejection,
        icon="stop",
        key="id",
        columns=(
            "at",
            "state",
            "code",
            Column("message", _("message"), _message),
            *STATED,
            "sender",
            "entrance",
            "terminal",
            "settled_at",
            "settled_by",
            "reason",
        ),
        filters=("state", "code", "entrance", "sender", "terminal", "at"),
        search=("sender", "stated_terminal"),
        order=("-id",),
        sort=("at",),
        buttons={
            "correct": Button(
                rejections.correct_rejection, shows=_is_open, asks=fields_of(Rejection, *STATED)
            ),
            "replay": Button(rejections.replay_rejections, shows=_is_open, at_once=True),
            "dismiss": Button(
                rejections.dismiss_rejection, shows=_is_open, asks=fields_of(Rejection, "reason")
            ),
        },
        panels=(
            RecordPanel(
                name="sensing.rejected-row",
                title=_("The row as sent"),
                template="sensing/rejected_row.html",
                context=_as_sent,
                order=10,
            ),
        ),
    )
)
register(
    Ledger(
        name="sensing.rejection-counts",
        model=RejectionCount,
        icon="stop",
        key="id",
        columns=(
            "rejected_on",
            "sender",
            "code",
            Column("message", _("message"), _meaning),
            "rejected",
            "not_kept",
            "not_kept_at",
        ),
        filters=("rejected_on", "sender", "code", "not_kept"),
        search=("sender",),
        order=("-rejected_on", "-id"),
    )
)
