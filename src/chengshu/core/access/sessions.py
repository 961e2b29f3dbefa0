"""Sessions of people: begun by a password, ended by idleness, age or the user."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user, login
from django.http import HttpRequest
from django.utils import timezone

from .models import SignInRules, User

ENDS_AT, IDLE_SECONDS, SEEN_AT = "ends_at", "idle_seconds", "seen_at"
SEEN_STEP_SECONDS = 60


def begin(request: HttpRequest, user: User, rules: SignInRules, at: datetime) -> None:
    """Sign *user* in with a fresh session key and the limits of *rules*."""
    login(request, user)
    request.session[ENDS_AT] = (at + timedelta(hours=rules.session_hours)).timestamp()
    request.session[IDLE_SECONDS] = rules.idle_minutes * 60
    request.session[SEEN_AT] = at.timestamp()


def user_of(request: HttpRequest) -> User | None:
    """The signed-in user; a session past its limits is ended here."""
    user = request.user
    if not isinstance(user, User):
        return None
    now = timezone.now().timestamp()
    if _is_over(request, now):
        request.session.flush()
        return None
    if now - request.session.get(SEEN_AT, 0) > SEEN_STEP_SECONDS:
        request.session[SEEN_AT] = now
    return user


def reread(request: HttpRequest) -> User | None:
    """The user of the request's session as the session is now: for answers that take long."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.session.session_key)
    user = get_user(request)
    ended = timezone.now().timestamp() > request.session.get(ENDS_AT, float("inf"))
    return user if isinstance(user, User) and not ended else None


def _is_over(request: HttpRequest, now: float) -> bool:
    session = request.session
    idle = session.get(IDLE_SECONDS)
    return now > session.get(ENDS_AT, now) or (
        idle is not None and now - session.get(SEEN_AT, now) > idle
    )
