"""Who hears what on the embedded broker: a terminal in sight, one's own errors, nothing else."""

from collections.abc import Callable, Iterable
from typing import Protocol
from urllib.parse import quote

from chengshu.core.access import tokens
from chengshu.core.access.policy import Actor, visible_to
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.models import Terminal
from chengshu.kit.errors import NotAllowed
from chengshu.protocols.mqtt import topics

from . import native

VIEW = "sensing.view_terminal"
OBSERVED = "observations"
"""First level of the topics that tell what became durable; see `telling`."""


class Hearer(Protocol):
    """A connection that subscribes."""

    def hear(self, topic: str, payload: bytes) -> None: ...


Right = Callable[[Actor, list[str]], bool]
"""Whether an actor may hear a filter with these levels."""


def identified(token: str) -> Actor:
    """Whose *token* this is. Raises NotSignedIn, and NotAllowed if it may neither send nor see."""
    actor = tokens.authenticate(token)
    if not actor.policy.of(INGEST) and not actor.policy.of(VIEW):
        raise NotAllowed("This token may neither send observations nor see terminals")
    return actor


def errors_of(sender: str) -> str:
    """The topic on which *sender* is told what was rejected."""
    safe = "".join(quote(letter, safe="") if letter in "/+#%$" else letter for letter in sender)
    return f"{native.ROOT}/{native.ERRORS}/{safe}"


def may_hear(actor: Actor, wanted: str) -> bool:
    """Whether *actor* may subscribe to the filter *wanted*; asks the database."""
    levels = wanted.split("/")
    if wanted == errors_of(actor.name):
        return bool(actor.policy.of(INGEST))
    right = RIGHTS.get(levels[0])
    return right is not None and right(actor, levels)


def _sees_terminal(actor: Actor, levels: list[str]) -> bool:
    if len(levels) < native.STEM or levels[1] == native.ERRORS:
        return False
    named = Terminal.objects.filter(code=levels[1])
    return not topics.has_wildcard(levels[1]) and visible_to(named, actor, VIEW).exists()


RIGHTS: dict[str, Right] = {native.ROOT: _sees_terminal, OBSERVED: _sees_terminal}
"""By the first level of the filter. The second level is literal wherever a right is granted."""


class Subscriptions:
    """Filters by the first two levels of what they ask for."""

    def __init__(self) -> None:
        self._by_stem: dict[str, dict[Hearer, set[str]]] = {}

    def add(self, hearer: Hearer, wanted: str) -> None:
        self._by_stem.setdefault(_stem(wanted), {}).setdefault(hearer, set()).add(wanted)

    def remove(self, hearer: Hearer, filters: Iterable[str]) -> None:
        for wanted in filters:
            hearers = self._by_stem.get(_stem(wanted), {})
            hearers.get(hearer, set()).discard(wanted)
            if hearer in hearers and not hearers[hearer]:
                del hearers[hearer]
            if not hearers:
                self._by_stem.pop(_stem(wanted), None)

    def publish(self, topic: str, payload: bytes) -> None:
        """Let everyone hear who asked for *topic*, once each."""
        for hearer, filters in list(self._by_stem.get(_stem(topic), {}).items()):
            if any(topics.matches(wanted, topic) for wanted in filters):
                hearer.hear(topic, payload)

    def below(self, root: str) -> dict[Hearer, set[str]]:
        """Who listens to what whose first level is *root*."""
        found: dict[Hearer, set[str]] = {}
        for stem, hearers in self._by_stem.items():
            if stem.startswith(f"{root}/"):
                for hearer, filters in hearers.items():
                    found.setdefault(hearer, set()).update(filters)
        return found

    def __bool__(self) -> bool:
        return bool(self._by_stem)


def _stem(topic: str) -> str:
    return "/".join(topic.split("/", native.STEM)[: native.STEM])
