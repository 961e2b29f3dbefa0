"""The roles that every installation starts with; the city changes and adds its own."""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop as _

from .models import Duty, Role, SignInRules

VIEW, ALL = "*.view_*", "*"
CASES = (
    "cases.*_case",
    "cases.ask_verification",
    "cases.see_reporter",
    "cases.reveal_reporter",
)
SUBSCRIPTIONS = ("sensing.*_subscription", "sensing.*_subscription_secret")
REJECTIONS = ("sensing.*_rejection", "sensing.*_rejections")
DEVICES = (
    "sensing.*_terminal",
    "sensing.*_terminals",
    "sensing.*_carrier",
    "sensing.*_feed",
    "sensing.*_device",
    "sensing.*_device_*",
    "sensing.*_observedproperty",
    "sensing.define_properties",
    "sensorthings.*_entities",
    *REJECTIONS,
    *SUBSCRIPTIONS,
    *(f"sensing.{act}" for act in ("request_*", "amend_*", "withdraw_*", "reuse_candidate")),
)
OWNERS = ("sensing.grant_reuse", "sensing.refuse_reuse", "sensing.revoke_reuse")
REVIEWERS = ("sensing.approve_build", "sensing.refuse_build")
LEDGERS = ("*.add_*", "*.change_*", "*.retire_*", "*.import_*", "*.export_*")

ROLES: tuple[tuple[str, str, Duty, tuple[str, ...], int], ...] = (
    ("system-administrator", _("System administrator"), Duty.SYSTEM, (ALL,), 4),
    ("security-administrator", _("Security administrator"), Duty.SECURITY, (ALL,), 4),
    ("audit-administrator", _("Audit administrator"), Duty.AUDIT, (ALL,), 4),
    ("city-leader", _("City leader"), Duty.WORK, (VIEW,), 3),
    (
        "duty-officer",
        _("Duty officer"),
        Duty.WORK,
        (VIEW, "*.export_*", "warnings.*_warning", *CASES, "command.*"),
        3,
    ),
    ("dispatcher", _("Dispatcher"), Duty.WORK, (VIEW, "*.export_*", *CASES), 2),
    (
        "unit-handler",
        _("Unit handler"),
        Duty.WORK,
        (
            VIEW,
            "cases.accept_case",
            "cases.handle_case",
            "cases.return_case",
            "cases.note_case",
            "cases.see_reporter",
            *OWNERS,
        ),
        2,
    ),
    (
        "grid-worker",
        _("Grid worker"),
        Duty.WORK,
        (
            VIEW,
            *(f"cases.{act}_case" for act in ("report", "verify", "check", "rework", "settle")),
            "cases.note_case",
        ),
        2,
    ),
    (
        "data-officer",
        _("Data officer"),
        Duty.WORK,
        (VIEW, *LEDGERS, *REJECTIONS, *SUBSCRIPTIONS),
        3,
    ),
    ("device-engineer", _("Device engineer"), Duty.WORK, (VIEW, *DEVICES), 2),
    ("sensing-reviewer", _("Sensing reviewer"), Duty.WORK, (VIEW, *REVIEWERS), 2),
    ("ingest", _("Sending observations"), Duty.WORK, ("sensing.ingest",), 4),
    ("api", _("Programs of the city"), Duty.WORK, (ALL,), 3),
    ("reader", _("Reader"), Duty.WORK, (VIEW,), 2),
)
"""Code, name, duty, permission patterns, highest data grade (GB/T 43697-2024 in four steps)."""


def ensure_defaults(**_signal: Any) -> None:
    """Make what an installation needs and lacks; what the city has changed stays as it is."""
    ensure_roles()
    SignInRules.objects.bulk_create([SignInRules(id=1)], ignore_conflicts=True)


def ensure_roles() -> None:
    """Make the default roles that are missing."""
    with translation.override(settings.LANGUAGE_CODE):
        Role.objects.bulk_create(
            (
                Role(
                    code=code,
                    name=translation.gettext(name),
                    duty=duty,
                    permissions=list(patterns),
                    grade=grade,
                )
                for code, name, duty, patterns, grade in ROLES
            ),
            ignore_conflicts=True,
        )
