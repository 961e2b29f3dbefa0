"""Users as actors."""

from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from .models import User
from .policy import Policy
from .queries import policy_of


@dataclass(frozen=True)
class Person:
    """A signed-in user or a service account; its policy is read once per request."""

    user: User
    address: str = ""

    @property
    def name(self) -> str:
        return self.user.username

    @cached_property
    def policy(self) -> Policy:
        return policy_of(self.user, timezone.now())


@dataclass(frozen=True)
class Anonymous:
    """Nobody signed in: may do nothing."""

    name: str = "anonymous"
    policy: Policy = Policy()
    address: str = ""
