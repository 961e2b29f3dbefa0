"""Three administrators, each with their own acts; nobody with two (GB/T 22239-2019 8.1.5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chengshu.core.access.models import Duty, Grant, Role, User
from chengshu.core.access.policy import may
from chengshu.core.actions.action import actions
from chengshu.core.administration import duties, first
from chengshu.core.administration.actions import grants, roles, tokens, trail, users
from chengshu.core.audit.models import AuditLine
from chengshu.kit.errors import NotAllowed
from tests.core.access.factories import make_user

pytestmark = pytest.mark.django_db
OPERATIONS = {
    "access.create_user": "system",
    "access.change_user": "system",
    "access.deactivate_user": "system",
    "access.reactivate_user": "system",
    "places.create_place": "system",
    "places.change_place": "system",
    "places.remove_place": "system",
    "places.import_outlines": "system",
    "organisations.create_organisation": "system",
    "organisations.change_organisation": "system",
    "organisations.remove_organisation": "system",
    "access.reset_password": "security",
    "access.create_role": "security",
    "access.change_role": "security",
    "access.grant_role": "security",
    "access.change_grant": "security",
    "access.revoke_grant": "security",
    "access.create_token": "security",
    "access.withdraw_token": "security",
    "access.change_signinrules": "security",
    "audit.verify_trail": "audit",
    "audit.view_auditline": "audit",
    "audit.export_auditline": "audit",
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("who", ["system", "security", "audit", "api"])
def test_each_operation_belongs_to_one_administrator(holder, who, operation):
    role = "api" if who == "api" else f"{who}-administrator"

    assert may(holder(role), operation) == (OPERATIONS[operation] == who)


def test_no_administrator_does_daily_work(system, security, audit):
    daily = {a.code for a in actions} - set(OPERATIONS)
    work = {code for code in daily if may_be_held_by_work(code)}

    for person in (system, security, audit):
        assert not [code for code in work if may(person, code)]


def may_be_held_by_work(code: str) -> bool:
    from chengshu.core.access.permissions import permissions

    return permissions[code].duty is Duty.WORK


def role(code: str) -> Role:
    return Role.objects.get(code=code)


@pytest.mark.parametrize("wanted", ["system-administrator", "audit-administrator", "reader"])
def test_holder_of_one_duty_is_given_no_other(security, wanted):
    user = make_user()
    grants.grant_role(user=user, role=role("security-administrator"), by=security)

    with pytest.raises(duties.TwoDuties):
        grants.grant_role(user=user, role=role(wanted), by=security)

    assert Grant.objects.filter(user=user).count() == 1


def test_second_role_of_the_same_duty_is_given(security):
    user = make_user()

    grants.grant_role(user=user, role=role("reader"), by=security)
    grants.grant_role(user=user, role=role("dispatcher"), by=security)

    assert Grant.objects.filter(user=user).count() == 2


def test_security_administrator_grants_nothing_to_themselves(security):
    with pytest.raises(duties.OwnRights):
        grants.grant_role(user=security.user, role=role("security-administrator"), by=security)

    assert AuditLine.objects.get().outcome == "refused"


def test_security_administrator_does_not_change_the_role_they_hold(security):
    with pytest.raises(duties.OwnRights):
        roles.change_role(role("security-administrator"), grade=1, by=security)


def test_security_administrator_does_not_reset_their_own_password(security):
    with pytest.raises(duties.OwnRights):
        users.reset_password(security.user, by=security)


def test_duty_of_a_held_role_stays(security):
    made = roles.create_role(
        code="helper", name="Helper", duty="work", permissions=["*.view_*"], by=security
    )
    grants.grant_role(user=make_user(), role=made, by=security)

    with pytest.raises(roles.RoleHeld):
        roles.change_role(made, duty="audit", by=security)


def test_work_role_with_every_pattern_opens_no_administration(security, holder):
    roles.create_role(
        code="greedy", name="Greedy", duty="work", permissions=["*", "access.*"], by=security
    )

    assert not any(may(holder("greedy"), operation) for operation in OPERATIONS)


def test_grant_keeps_its_user_and_role(security):
    grant = grants.grant_role(user=make_user(), role=role("reader"), by=security)

    with pytest.raises(grants.Fixed):
        grants.change_grant(grant, role=role("dispatcher"), by=security)
    grants.change_grant(grant, expires_at=timezone.now() + timedelta(days=1), by=security)


def test_last_administrator_is_neither_revoked_nor_deactivated(security, system, audit, holder):
    other = holder("security-administrator")

    with pytest.raises(duties.LastAdministrator):
        grants.revoke_grant(Grant.objects.get(user=audit.user), by=security)
    with pytest.raises(duties.LastAdministrator):
        users.deactivate_user(audit.user, by=system)
    users.deactivate_user(other.user, by=system)
    with pytest.raises(duties.LastAdministrator):
        users.deactivate_user(security.user, by=system)


def test_new_account_has_neither_rights_nor_a_password(system):
    user = users.create_user(username="li-na", name="李娜", by=system)

    assert not user.has_usable_password()
    assert not Grant.objects.filter(user=user).exists()


def test_system_administrator_cannot_open_the_account_they_made(system):
    user = users.create_user(username="li-na", name="李娜", by=system)

    with pytest.raises(NotAllowed):
        users.reset_password(user, by=system)
    with pytest.raises(NotAllowed):
        grants.grant_role(user=user, role=role("reader"), by=system)


def test_reset_password_signs_in_once_and_must_be_changed(security):
    user = make_user()

    password = users.reset_password(user, by=security)

    user.refresh_from_db()
    assert user.check_password(password)
    assert user.must_change_password
    assert password not in str(list(AuditLine.objects.values()))


def test_every_act_of_administrators_is_in_the_trail_and_the_trail_is_whole(
    system, security, audit
):
    user = users.create_user(username="li-na", name="李娜", by=system)
    grants.grant_role(user=user, role=role("reader"), by=security)
    tokens.create_token(name="lamps", by=security)

    report = trail.verify_trail(by=audit)

    assert (report.lines, report.broken_at) == (3, None)
    assert list(AuditLine.objects.order_by("id").values_list("actor", "action")) == [
        (system.name, "access.create_user"),
        (security.name, "access.grant_role"),
        (security.name, "access.create_token"),
        (audit.name, "audit.verify_trail"),
    ]


def test_first_administrators_are_made_once():
    words = {name: f"Grey-stone-{number}" for number, name in enumerate(first.ROLES)}

    made = first.make_first_administrators(words)

    assert [user.must_change_password for user in made] == [True] * 3
    with pytest.raises(first.AlreadyBegun):
        first.make_first_administrators(words)
    assert User.objects.count() == 3
