"""The smallest valid places, organisations, users and actors."""

from itertools import count

from django.utils import timezone

from chengshu.core.access.actor import Person
from chengshu.core.access.models import Duty, Grant, Role, User
from chengshu.core.access.policy import Actor, Policy, Reach, System
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places import tree
from chengshu.core.places.models import Level, Place

_numbers = count(1)
PASSWORD = "Plain-words-7"


def make_place(
    code: str | None = None, parent: Place | None = None, level: str = Level.DISTRICT
) -> Place:
    code = code or f"p{next(_numbers)}"
    return tree.add(Place(code=code, name=f"Place {code}", level=level, parent=parent))


def make_organisation(
    code: str | None = None, parent: Organisation | None = None, place: Place | None = None
) -> Organisation:
    code = code or f"o{next(_numbers)}"
    return tree.add(
        Organisation(
            code=code,
            name=f"Organisation {code}",
            kind=Kind.DEPARTMENT,
            parent=parent,
            place=place or make_place(),
        )
    )


def make_user(username: str | None = None, password: str = "", **fields: object) -> User:
    username = username or f"user{next(_numbers)}"
    user = User(username=username, name=username.title(), **fields)
    user.set_password(password or None)
    user.password_changed_at = timezone.now()
    user.save()
    return user


def make_role(
    *permissions: str, duty: Duty = Duty.WORK, grade: int = 4, code: str | None = None
) -> Role:
    code = code or f"r{next(_numbers)}"
    return Role.objects.create(
        code=code, name=code, duty=duty, permissions=list(permissions), grade=grade
    )


def make_grant(
    user: User,
    *permissions: str,
    place: Place | None = None,
    organisation: Organisation | None = None,
    duty: Duty = Duty.WORK,
    grade: int = 4,
) -> Grant:
    return Grant.objects.create(
        user=user,
        role=make_role(*permissions, duty=duty, grade=grade),
        place=place,
        organisation=organisation,
    )


def make_person(*permissions: str, duty: Duty = Duty.WORK, grade: int = 4) -> Person:
    """A signed-in user who holds *permissions* everywhere."""
    user = make_user()
    make_grant(user, *permissions, duty=duty, grade=grade)
    return Person(user, "127.0.0.1")


def everyone(*permissions: str) -> System:
    return System("test", frozenset(permissions))


class Reaching:
    """An actor with exactly these reaches."""

    name = "reaching"

    def __init__(self, *reaches: Reach) -> None:
        self.policy = Policy(reaches)


def nobody() -> Actor:
    return Reaching()
