"""The ledger of subscriptions, and how their deliveries went."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.records.ledger import Button, Ledger, RecordPanel, register
from chengshu.hub.sensing.actions import subscriptions
from chengshu.hub.sensing.models import Subscription

SHOWN = 20
State = Subscription.State
GOING = (State.ACTIVE, State.PAUSED, State.DEAD)


def _attempts(subscription: Subscription, actor: Actor) -> Mapping[str, Any]:
    return {"attempts": subscription.attempts.all()[:SHOWN]}


def _in(*states: State) -> Callable[[Subscription], bool]:
    return lambda subscription: subscription.state in states


register(
    Ledger(
        name="sensing.subscriptions",
        model=Subscription,
        icon="feed",
        columns=(
            "code",
            "name",
            "state",
            "organisation",
            "subscriber",
            "place",
            "terminals",
            "properties",
            "lowest",
            "highest",
            "url",
            "delivered_at",
            "failures",
            "trouble",
        ),
        filters=("state", "organisation", "place", "subscriber"),
        search=("code", "name"),
        order=("-code",),
        sort=("code", "name"),
        fields=(
            "name",
            "organisation",
            "place",
            "terminals",
            "properties",
            "lowest",
            "highest",
            "url",
        ),
        fixed=("organisation",),
        create=subscriptions.subscribe,
        change=subscriptions.change_subscription,
        buttons={
            "rotate": Button(subscriptions.rotate_secret, shows=_in(*GOING)),
            "pause": Button(subscriptions.pause_subscription, shows=_in(State.ACTIVE)),
            "resume": Button(
                subscriptions.resume_subscription, shows=_in(State.PAUSED, State.DEAD)
            ),
            "end": Button(subscriptions.end_subscription, shows=_in(*GOING)),
        },
        panels=(
            RecordPanel(
                name="sensing.attempts",
                title=_("The last deliveries"),
                template="sensing/attempts.html",
                context=_attempts,
                order=10,
            ),
        ),
    )
)
