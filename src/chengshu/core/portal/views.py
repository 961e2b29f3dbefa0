"""The way in and the first page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengshu.core.access import passwords, sessions
from chengshu.core.access.actor import Person
from chengshu.core.access.attempts import count_attempt
from chengshu.core.access.middleware import address_of
from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor, may
from chengshu.core.access.queries import sign_in_rules
from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditLine
from chengshu.core.pages.asking import signed_in
from chengshu.kit.errors import CityError, Invalid, TooMany

from .slots import slots


@never_cache
@require_GET
def portal(request: HttpRequest) -> HttpResponse:
    """What I may do, what waits for me, what is new."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not isinstance(actor, Person):
        return redirect("sign-in")
    if actor.user.must_change_password:
        return redirect("change-password")
    return render(request, "portal/portal.html", {"parts": _parts(request, actor)})


def _parts(request: HttpRequest, actor: Actor) -> list[tuple[str, str]]:
    shown: list[tuple[str, str]] = []
    for slot in sorted(slots, key=lambda slot: (slot.order, slot.name)):
        context = slot.context(actor) if may(actor, slot.permission) else None
        if context is not None:
            shown.append((str(slot.title), render_to_string(slot.template, context, request)))
    return shown


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password; why they do not fit is not said."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            count_attempt(address_of(request), timezone.now())
        except TooMany as error:
            problem, status = error.message, error.status
        else:
            user = _user_of(request)
            if user is not None:
                return _begin(request, user)
            problem = _("Name and password do not fit, or the account is locked for now.")
            status = 422
    context = {"problem": problem, "next": _next(request), "name": request.POST.get("username", "")}
    return render(request, "portal/sign_in.html", context, status=status)


def _user_of(request: HttpRequest) -> User | None:
    username = request.POST.get("username", "").strip().replace("\0", "")
    password = request.POST.get("password", "")
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User):
        return user
    if User.objects.filter(username=username).exists():
        _audit(username, "access.sign_in", request, AuditLine.Outcome.REFUSED)
    return None


def _begin(request: HttpRequest, user: User) -> HttpResponse:
    rules, now = sign_in_rules(), timezone.now()
    if passwords.is_outdated(user, rules, now) and not user.must_change_password:
        user.must_change_password = True
        user.save(update_fields=["must_change_password"])
    sessions.begin(request, user, rules, now)
    _audit(user.username, "access.sign_in", request)
    return redirect("change-password" if user.must_change_password else _next(request))


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse(settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if isinstance(actor, Person):
        _audit(actor.name, "access.sign_out", request)
    logout(request)
    return redirect("sign-in")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password: the one right that comes with the account."""
    actor = signed_in(request)
    assert isinstance(actor, Person)
    problem = ""
    if request.method == "POST":
        try:
            _change(request, actor.user)
        except CityError as error:
            problem = error.message
        else:
            messages.success(request, _("Your password has been changed."))
            return redirect("portal")
    context: dict[str, Any] = {"problem": problem, "must": actor.user.must_change_password}
    return render(request, "portal/password.html", context, status=422 if problem else 200)


@transaction.atomic
def _change(request: HttpRequest, user: User) -> None:
    old, new = request.POST.get("old", ""), request.POST.get("new", "")
    count_attempt(address_of(request), timezone.now())
    if not user.check_password(old):
        raise Invalid(_("The present password is wrong."))
    if new != request.POST.get("again", ""):
        raise Invalid(_("The new password was not repeated alike."))
    user.must_change_password = False
    passwords.set_password(user, new, sign_in_rules(), timezone.now())
    update_session_auth_hash(request, user)
    _audit(user.username, "access.change_own_password", request)


def _audit(
    username: str,
    action: str,
    request: HttpRequest,
    outcome: AuditLine.Outcome = AuditLine.Outcome.DONE,
) -> None:
    chain.append(
        actor=username,
        action=action,
        target=f"access.user:{username}",
        outcome=outcome,
        address=address_of(request),
    )
