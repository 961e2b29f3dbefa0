"""Ledgers and section of the three administrators."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.access import permissions
from chengshu.core.access.models import Duty, Grant, Role, SignInRules, Token, User
from chengshu.core.audit.models import AuditLine
from chengshu.core.jobs.models import JobRun
from chengshu.core.organisations.models import Organisation
from chengshu.core.pages.navigation import section
from chengshu.core.places.models import Place
from chengshu.core.records.ledger import Button, Ledger, RecordPanel, register

from .actions import grants, organisations, places, roles, tokens, users

ADMINISTRATORS = (Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT)
EVERYBODY_ELSE = (Duty.WORK, Duty.SECURITY, Duty.AUDIT)

VIEW = permissions.declare(
    "administration.view_index", _("See the administration"), Duty.SYSTEM, also=ADMINISTRATORS[1:]
)

section(
    "admin",
    _("Administration"),
    icon="role",
    url_name="administration",
    permission=VIEW,
    order=900,
)

register(
    Ledger(
        name="admin.places",
        model=Place,
        columns=("code", "name", "level", "parent"),
        filters=("level", "parent"),
        search=("code", "name"),
        fields=("code", "name", "level", "parent"),
        order=("path",),
        create=places.create_place,
        change=places.change_place,
        retire=places.remove_place,
        duty=Duty.SYSTEM,
        also=EVERYBODY_ELSE,
    )
)
register(
    Ledger(
        name="admin.organisations",
        model=Organisation,
        columns=("code", "name", "kind", "place", "parent"),
        filters=("kind", "place"),
        search=("code", "name", "credit_code"),
        fields=("code", "name", "kind", "place", "credit_code", "parent"),
        order=("path",),
        create=organisations.create_organisation,
        change=organisations.change_organisation,
        retire=organisations.remove_organisation,
        duty=Duty.SYSTEM,
        also=EVERYBODY_ELSE,
    )
)
register(
    Ledger(
        name="admin.users",
        model=User,
        columns=(
            "username",
            "name",
            "organisation",
            "is_service",
            "is_active",
            "must_change_password",
            "last_login",
        ),
        filters=("organisation", "is_service", "is_active"),
        search=("username", "name"),
        fields=("username", "name", "organisation"),
        create=users.create_user,
        change=users.change_user,
        retire=users.deactivate_user,
        buttons={
            "reactivate": Button(users.reactivate_user, shows=lambda user: not user.is_active)
        },
        panels=(
            RecordPanel(
                "password",
                _("Password"),
                "administration/password_panel.html",
                permission="access.reset_password",
            ),
        ),
        duty=Duty.SYSTEM,
        also=(Duty.SECURITY,),
    )
)
register(
    Ledger(
        name="admin.roles",
        model=Role,
        columns=("code", "name", "duty", "permissions", "grade"),
        filters=("duty",),
        search=("code", "name"),
        fields=("code", "name", "duty", "permissions", "grade"),
        create=roles.create_role,
        change=roles.change_role,
        duty=Duty.SECURITY,
        also=(Duty.SYSTEM, Duty.AUDIT),
    )
)
register(
    Ledger(
        name="admin.grants",
        model=Grant,
        columns=("user", "role", "place", "organisation", "expires_at"),
        filters=("user", "role", "place", "organisation"),
        search=("user__username", "user__name"),
        fields=("user", "role", "place", "organisation", "expires_at"),
        create=grants.grant_role,
        change=grants.change_grant,
        retire=grants.revoke_grant,
        duty=Duty.SECURITY,
        also=(Duty.AUDIT,),
    )
)
register(
    Ledger(
        name="admin.tokens",
        model=Token,
        columns=("name", "user", "created_at", "expires_at"),
        search=("name",),
        retire=tokens.withdraw_token,
        duty=Duty.SECURITY,
        also=(Duty.AUDIT,),
    )
)
register(
    Ledger(
        name="admin.sign-in-rules",
        model=SignInRules,
        columns=("failures_before_lock", "lock_minutes", "idle_minutes", "password_days"),
        fields=(
            "failures_before_lock",
            "lock_minutes",
            "address_attempts",
            "address_minutes",
            "idle_minutes",
            "session_hours",
            "minimum_length",
            "minimum_classes",
            "password_days",
            "passwords_remembered",
        ),
        duty=Duty.SECURITY,
        also=(Duty.AUDIT,),
    )
)
register(
    Ledger(
        name="admin.audit",
        model=AuditLine,
        columns=("id", "at", "actor", "action", "target", "outcome", "address"),
        filters=("at", "actor", "action", "outcome"),
        search=("target",),
        order=("-id",),
        duty=Duty.AUDIT,
    )
)
register(
    Ledger(
        name="admin.job-runs",
        model=JobRun,
        columns=("id", "job", "state", "actor", "done", "total", "created_at", "ended_at"),
        filters=("job", "state"),
        order=("-id",),
        duty=Duty.SYSTEM,
    )
)
