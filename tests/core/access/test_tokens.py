from datetime import timedelta

import pytest
from django.utils import timezone

from chengshu.core.access import permissions, tokens
from chengshu.core.access.models import Duty, Role, Token, User
from chengshu.kit.errors import Invalid, NotSignedIn

from .factories import make_organisation, make_place

pytestmark = pytest.mark.django_db


def test_token_acts_as_its_own_service_account_within_its_place_and_organisation():
    place, organisation = make_place(), make_organisation()

    raw = tokens.create_token("lamps", place=place, organisation=organisation)

    person = tokens.authenticate(raw, "10.0.0.1")
    assert person.name == "token:lamps"
    assert person.user.is_service
    assert [(r.place_path, r.organisation_path) for r in person.policy.reaches] == [
        (place.path, organisation.path)
    ]


def test_ingest_token_holds_only_the_permission_to_send():
    permissions_seen = permissions.Permission("sensing.ingest", "")
    raw = tokens.create_token("gateway", "ingest")

    with permissions.permissions.temporarily("sensing.ingest", permissions_seen):
        (reach,) = tokens.authenticate(raw).policy.reaches

    assert reach.permissions == {"sensing.ingest"}


def test_raw_token_is_not_stored():
    raw = tokens.create_token("lamps")

    kept = Token.objects.get()

    assert raw.encode() not in bytes(kept.digest)
    assert len(bytes(kept.digest)) == 32


def test_second_token_of_a_name_is_refused_and_leaves_nothing():
    tokens.create_token("lamps")

    with pytest.raises(tokens.NameTaken):
        tokens.create_token("lamps", "ingest")

    assert User.objects.count() == Token.objects.count() == 1


@pytest.mark.parametrize(("name", "scope"), [("", "api"), ("x" * 51, "api"), ("x", "root")])
def test_bad_name_or_scope_is_refused(name, scope):
    with pytest.raises(Invalid):
        tokens.create_token(name, scope)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
        lambda token: User.objects.update(is_active=False),
        lambda token: Token.objects.all().delete(),
    ],
    ids=["expired", "deactivated", "withdrawn"],
)
def test_token_that_no_longer_holds_is_refused(spoil):
    raw = tokens.create_token("lamps")
    spoil(raw)

    with pytest.raises(NotSignedIn):
        tokens.authenticate(raw)


@pytest.mark.parametrize("raw", ["", "cs_", "x\x00y", "令牌", "\udc80"])
def test_anything_else_is_no_token(raw):
    with pytest.raises(NotSignedIn):
        tokens.authenticate(raw)


def test_roles_of_tokens_are_daily_work():
    assert set(Role.objects.filter(code__in=["api", "ingest"]).values_list("duty", flat=True)) == {
        Duty.WORK
    }
