"""The ledgers of requests to build and to reuse."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, may, may_for
from chengshu.core.records.ledger import Button, Column, Ledger, RecordPanel, fields_of, register
from chengshu.hub.sensing.actions import requests, reuse
from chengshu.hub.sensing.models import BuildRequest, ReuseRequest, Terminal
from chengshu.hub.sensing.presenting import candidates_for, planned_for

Wanted = BuildRequest.State
Reuse = ReuseRequest.State


def _found(request: BuildRequest, actor: Actor) -> Mapping[str, Any]:
    asks = request.state == Wanted.SUBMITTED
    return {
        "candidates": candidates_for(request, actor),
        "may_see_map": may(actor, "map.view_map"),
        "may_reuse": asks
        and may_for(actor, "sensing.reuse_candidate", request.organisation, request),
    }


def _planned(request: BuildRequest, actor: Actor) -> Mapping[str, Any]:
    return {"terminals": planned_for(request, actor)}


def _in(*states: str) -> Callable[[BuildRequest | ReuseRequest], bool]:
    return lambda row: row.state in states


_why = fields_of(BuildRequest, "reason")
_reuse_why = fields_of(ReuseRequest, "reason")

register(
    Ledger(
        name="sensing.requests",
        model=BuildRequest,
        icon="list",
        columns=(
            "code",
            "state",
            "organisation",
            "sector",
            "kind",
            "number",
            "place",
            "purpose",
            "over_limit",
            "requested_at",
            "decided_at",
            "reason",
        ),
        filters=("state", "sector", "kind", "organisation", "place"),
        search=("code", "purpose"),
        order=("-code",),
        fields=(
            "organisation",
            "sector",
            "kind",
            "properties",
            "place",
            "lon",
            "lat",
            "radius_metres",
            "number",
            "purpose",
        ),
        create=requests.request_build,
        change=requests.amend_build,
        buttons={
            "approve": Button(requests.approve_build, shows=_in(Wanted.SUBMITTED), asks=_why),
            "refuse": Button(requests.refuse_build, shows=_in(Wanted.SUBMITTED), asks=_why),
            "withdraw": Button(requests.withdraw_build, shows=_in(Wanted.SUBMITTED), asks=_why),
            "plan": Button(
                requests.plan_terminal,
                shows=_in(Wanted.APPROVED),
                asks=fields_of(Terminal, "code", "name", "lon", "lat"),
            ),
        },
        panels=(
            RecordPanel(
                name="sensing.candidates",
                title=_("What is there already"),
                template="sensing/candidates.html",
                context=_found,
                order=10,
            ),
            RecordPanel(
                name="sensing.planned",
                title=_("Terminals of this request"),
                template="sensing/planned.html",
                context=_planned,
                order=20,
            ),
        ),
    )
)
register(
    Ledger(
        name="sensing.reuses",
        model=ReuseRequest,
        icon="feed",
        columns=(
            "code",
            "state",
            "organisation",
            Column("terminal_name", _("terminal"), lambda row: row.terminal.name),
            Column("owner", _("owner"), lambda row: row.terminal.owner.name),
            "purpose",
            "until_on",
            "requested_at",
            "granted_at",
            "ended_at",
            "reason",
        ),
        filters=("state", "organisation"),
        search=("code", "purpose"),
        order=("-code",),
        fields=("terminal", "organisation", "purpose", "until_on"),
        fixed=("terminal", "organisation"),
        create=reuse.request_reuse,
        change=reuse.amend_reuse,
        buttons={
            "grant": Button(
                reuse.grant_reuse,
                shows=_in(Reuse.REQUESTED),
                asks=fields_of(ReuseRequest, "until_on"),
            ),
            "refuse": Button(reuse.refuse_reuse, shows=_in(Reuse.REQUESTED), asks=_reuse_why),
            "withdraw": Button(reuse.withdraw_reuse, shows=_in(Reuse.REQUESTED), asks=_reuse_why),
            "revoke": Button(reuse.revoke_reuse, shows=_in(Reuse.GRANTED), asks=_reuse_why),
        },
    )
)
