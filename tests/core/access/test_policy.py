import pytest

from chengshu.core.access import permissions
from chengshu.core.access.defaults import ROLES, ensure_roles
from chengshu.core.access.models import Duty, Role, User
from chengshu.core.access.policy import UNBOUND, Reach, may, require, standing, visible_to
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Level, Place
from chengshu.kit.errors import NotAllowed

from .factories import Reaching, make_organisation, make_place, make_user, nobody

pytestmark = pytest.mark.django_db
VIEW = frozenset({"x.view"})


def test_actor_without_grants_may_nothing_even_on_no_rows():
    assert not may(nobody(), "x.view")
    assert not may(nobody(), "x.view", [])


def test_refusal_names_the_permission():
    with pytest.raises(NotAllowed) as refusal:
        require(nobody(), "x.view", [])

    assert refusal.value.where == {"permission": "x.view"}


def test_place_subtree_is_reached_and_its_neighbour_with_a_like_code_is_not():
    city = make_place("41", level=Level.CITY)
    inside = make_place("4101", city)
    make_place("410", level=Level.CITY)
    actor = Reaching(Reach(VIEW, place_path=city.path))

    seen = set(visible_to(Place.objects.all(), actor, "x.view"))

    assert seen == {city, inside}


def test_reach_limited_to_an_organisation_still_sees_places_which_have_none():
    place = make_place()
    actor = Reaching(Reach(VIEW, organisation_path="/o/"))

    assert standing(place) == (place.path, UNBOUND, 1)
    assert may(actor, "x.view", place)
    assert list(visible_to(Place.objects.all(), actor, "x.view")) == [place]


def test_row_without_a_place_is_out_of_a_limited_reach():
    place = make_place()
    stranger = make_user()
    actor = Reaching(Reach(VIEW, place_path=place.path))

    assert not may(actor, "x.view", stranger)
    assert not visible_to(User.objects.all(), actor, "x.view").exists()


def test_reaches_add_up_and_do_not_mix():
    north, south = make_place(), make_place()
    parks, water = make_organisation(place=north), make_organisation(place=south)
    actor = Reaching(
        Reach(VIEW, place_path=north.path, organisation_path=water.path),
        Reach(VIEW, place_path=south.path, organisation_path=water.path),
    )

    assert set(visible_to(Organisation.objects.all(), actor, "x.view")) == {water}
    assert not may(actor, "x.view", parks)


def test_rows_of_a_model_without_scope_cannot_be_filtered():
    with pytest.raises(TypeError, match="declares no scope"):
        standing(Reaching())


def test_pattern_of_a_work_role_reaches_no_permission_of_administrators():
    work = permissions.expand(["*", "*.*", "access.*", "audit.*", "organisations.*"], Duty.WORK)

    acting = {code for code in work if ".view_" not in code}
    assert not {code for code in acting if permissions.permissions[code].duty is not Duty.WORK}


@pytest.mark.parametrize("duty", [Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT])
def test_what_administrators_may_do_is_disjoint_but_for_looking(duty):
    others = set().union(*(permissions.expand(["*"], other) for other in Duty if other is not duty))

    shared = permissions.expand(["*"], duty) & others

    assert all(".view_" in code for code in shared)


def test_permission_to_act_belongs_to_one_duty():
    with pytest.raises(ValueError, match="belongs to one duty"):
        permissions.Permission("x.change_y", "", Duty.WORK, frozenset({Duty.AUDIT}))


def test_permission_declared_for_two_duties_is_refused():
    known = permissions.Permission("x.change_y", "", Duty.SYSTEM)

    with (
        permissions.permissions.temporarily(known.code, known),
        pytest.raises(ValueError, match="two duties"),
    ):
        permissions.declare(known.code, known.title, Duty.AUDIT)


def test_default_roles_exist_and_a_changed_one_is_kept():
    Role.objects.filter(code="reader").update(grade=1)
    Role.objects.filter(code="dispatcher").delete()

    ensure_roles()

    assert set(Role.objects.values_list("code", flat=True)) >= {code for code, *_ in ROLES}
    assert Role.objects.get(code="reader").grade == 1
