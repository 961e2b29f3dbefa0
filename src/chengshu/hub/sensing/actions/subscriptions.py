"""Every way a subscription begins, changes and ends."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chengshu.core.access.actor import Person
from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.lake import installation
from chengshu.core.lake.models import Follower
from chengshu.core.records import bulk, writing
from chengshu.core.records.ledger import Told
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import ObservedProperty, Subscription
from chengshu.hub.sensing.models.secrets import signing_secret
from chengshu.hub.sensing.queries import terminals_for
from chengshu.hub.sensing.subscriptions.outside import AddressRefused, Unreachable, permitted
from chengshu.kit.errors import Conflict, NotAllowed

State = Subscription.State
NEXT: dict[str, set[str]] = {
    State.ACTIVE: {State.PAUSED, State.DEAD, State.ENDED},
    State.PAUSED: {State.ACTIVE, State.ENDED},
    State.DEAD: {State.ACTIVE, State.ENDED},
    State.ENDED: set(),
}
"""The life of a subscription."""
ADD, CHANGE = "sensing.add_subscription", "sensing.change_subscription"
GIVE_UP = "sensing.give_up_subscription"
FOLLOWER = "subscription "
FRESH = ("position", "failures", "failing_since", "retry_at", "trouble")
MOST_NAMED = 500


@dataclass(frozen=True, kw_only=True)
class NewSecret(Told):
    """What signs the bodies from now on."""

    secret: str


def follower_of(subscription: Subscription) -> str:
    """The name under which upkeep knows how far *subscription* has come."""
    return FOLLOWER + subscription.code


@action(ADD, gettext_lazy("Subscribe"))
def subscribe(*, by: Actor, **values: Any) -> Subscription:
    """Have observations posted to a webhook from now on, as far as *by* may see them."""
    subscription = Subscription(**values, subscriber=_user(by), salt=_salt())
    bulk.number([subscription])
    subscription.code = f"S{subscription.pk:06}"
    _check(subscription, by)
    require(by, ADD, subscription)
    _begin_now(subscription)
    subscription.save(force_insert=True)
    return subscription


@action(CHANGE, gettext_lazy("Change subscriptions"))
def change_subscription(subscription: Subscription, *, by: Actor, **values: Any) -> Subscription:
    """Set *values*; from now on it is told what *by* may see, who answers for it."""
    fresh = _locked(subscription)
    for name, value in values.items():
        setattr(fresh, name, value)
    fresh.subscriber = _user(by)
    _check(fresh, by)
    require(by, CHANGE, fresh)
    fresh.failures, fresh.failing_since, fresh.retry_at, fresh.trouble = 0, None, None, ""
    fresh.save(update_fields=[*values, "subscriber", *FRESH[1:]])
    note(fields=sorted(values))
    return fresh


@action("sensing.pause_subscription", gettext_lazy("Pause"))
def pause_subscription(subscription: Subscription, *, by: Actor) -> Subscription:
    """Send nothing until it is resumed; what comes meanwhile is not sent later."""
    return _stopped(subscription, State.PAUSED)


@action("sensing.resume_subscription", pgettext_lazy("subscription", "Resume"))
def resume_subscription(subscription: Subscription, *, by: Actor) -> Subscription:
    """Send again, from now on."""
    fresh = _moved(subscription, State.ACTIVE)
    _begin_now(fresh)
    fresh.failures, fresh.failing_since, fresh.retry_at, fresh.trouble = 0, None, None, ""
    fresh.save(update_fields=["state", *FRESH])
    return fresh


@action("sensing.end_subscription", gettext_lazy("End"))
def end_subscription(subscription: Subscription, *, by: Actor) -> Subscription:
    """Send nothing any more."""
    return _stopped(subscription, State.ENDED)


@action(GIVE_UP, gettext_lazy("Give a webhook up"))
def give_up(subscription: Subscription, *, by: Actor) -> Subscription:
    """Send nothing to a webhook that has not answered for days, until somebody resumes it."""
    return _stopped(subscription, State.DEAD)


@action("sensing.rotate_subscription_secret", gettext_lazy("New secret"))
def rotate_secret(subscription: Subscription, *, by: Actor) -> NewSecret:
    """Sign with a new secret from now on. The answer is the only time it is seen."""
    fresh = _locked(subscription)
    fresh.salt = _salt()
    fresh.save(update_fields=["salt"])
    secret = signing_secret(fresh.code, fresh.salt)
    text = _("The secret, shown this once: %(secret)s") % {"secret": secret}
    return NewSecret(text, secret=secret)


def _salt() -> str:
    return secrets.token_hex(16)


def _user(by: Actor) -> User:
    """Whose rights count from now on."""
    if not isinstance(by, Person):
        raise NotAllowed("Only somebody with rights of their own can subscribe")
    return User.objects.get(pk=by.user.pk)


def _begin_now(subscription: Subscription) -> None:
    lake = installation.current()
    lake.ensure([OBSERVATIONS])
    head = lake.current_snapshot()
    subscription.position = str(head)
    Follower.objects.update_or_create(name=follower_of(subscription), defaults={"snapshot": head})


def _check(subscription: Subscription, by: Actor) -> None:
    """Raises WrongValues; of terminals that *by* may not see nothing is said but that."""
    writing.check(subscription)
    problems = _unknown(subscription, by)
    try:
        permitted(subscription.url)
    except AddressRefused as error:
        problems["url"] = error.message
    except Unreachable:
        note(unreachable=True)
    if problems:
        raise WrongValues(problems)


def _unknown(subscription: Subscription, by: Actor) -> dict[str, str]:
    named = {
        "terminals": (subscription.terminals, terminals_for(by)),
        "properties": (subscription.properties, ObservedProperty.objects.all()),
    }
    problems = {}
    for name, (codes, rows) in named.items():
        known = set(rows.filter(code__in=codes).values_list("code", flat=True))
        if unknown := sorted(set(codes) - known):
            problems[name] = _("There is no %(codes)s.") % {"codes": ", ".join(unknown)[:100]}
        elif len(codes) > MOST_NAMED:
            problems[name] = _("At most %(most)s.") % {"most": MOST_NAMED}
    return problems


def _locked(subscription: Subscription) -> Subscription:
    found: Subscription = Subscription.objects.select_for_update(of=("self",)).get(
        pk=subscription.pk
    )
    return found


def _moved(subscription: Subscription, state: State) -> Subscription:
    fresh = _locked(subscription)
    if state not in NEXT[fresh.state]:
        raise Conflict(
            _("The subscription is %(state)s.") % {"state": fresh.get_state_display()},
            where={"subscription": fresh.code, "state": fresh.state},
        )
    fresh.state = state
    return fresh


def _stopped(subscription: Subscription, state: State) -> Subscription:
    fresh = _moved(subscription, state)
    fresh.save(update_fields=["state"])
    Follower.objects.filter(name=follower_of(fresh)).delete()
    return fresh
