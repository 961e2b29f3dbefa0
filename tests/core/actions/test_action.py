import pytest

from chengshu.core.access import permissions
from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Reach, System, require
from chengshu.core.actions.action import action, actions, note
from chengshu.core.audit.models import AuditLine
from chengshu.core.places import tree
from chengshu.core.places.models import Place
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import Reaching, everyone, make_place

pytestmark = pytest.mark.django_db
CODE = "test.rename_place"


@pytest.fixture
def open_registries(monkeypatch):
    """Actions of a test are forgotten after it."""
    for registry in (actions, permissions.permissions):
        monkeypatch.setattr(registry, "_frozen", False)
        monkeypatch.setattr(registry, "_items", dict(registry._items))


@pytest.fixture
def rename(open_registries):
    @action(CODE, "Rename")
    def rename(place, name, *, by):
        place.name = name
        tree.change(place, ["name"])
        note(fields=["name"])
        if name == "taken":
            raise Conflict("taken")
        return place

    return rename


def test_done_action_leaves_its_change_history_and_audit_line(rename):
    place = make_place("41")

    rename(place, "New", by=everyone(CODE))

    line = AuditLine.objects.get()
    assert (line.actor, line.action, line.target, line.outcome) == (
        "test",
        CODE,
        "places.place:41",
        "done",
    )
    assert line.details == {"fields": ["name"]}
    last = Place.pgh_event_model.objects.order_by("-pgh_id").first()
    assert (last.name, last.pgh_context) == ("New", {"actor": "test", "action": CODE})


def test_actor_without_the_permission_is_refused_and_the_refusal_is_audited(rename):
    place = make_place("41")

    with pytest.raises(NotAllowed):
        rename(place, "New", by=everyone("test.other"))

    assert AuditLine.objects.get().outcome == "refused"
    assert Place.objects.get().name != "New"


def test_permission_elsewhere_does_not_help_here(rename):
    place, elsewhere = make_place(), make_place()
    actor = Reaching(Reach(frozenset({CODE}), place_path=elsewhere.path))

    with pytest.raises(NotAllowed):
        rename(place, "New", by=actor)


def test_rows_in_a_list_are_checked_one_by_one(open_registries):
    reached, other = make_place(), make_place()
    actor = Reaching(Reach(frozenset({CODE}), place_path=reached.path))

    @action(CODE, "Touch")
    def touch(places, *, by):
        return None

    touch([reached], by=actor)
    with pytest.raises(NotAllowed):
        touch([reached, other], by=actor)


def test_action_without_rows_needs_the_permission_too(open_registries):
    @action(CODE, "Look")
    def look(*, by):
        return None

    with pytest.raises(NotAllowed):
        look(by=Reaching())


def test_failed_action_leaves_neither_change_nor_line(rename):
    place = make_place()

    with pytest.raises(Conflict):
        rename(place, "taken", by=everyone(CODE))

    assert Place.objects.get().name != "taken"
    assert not AuditLine.objects.exists()


def test_row_made_out_of_reach_is_rolled_back_and_audited(open_registries):
    @action(CODE, "Make")
    def make(code, *, by):
        place = make_place(code)
        require(by, CODE, place)
        return place

    with pytest.raises(NotAllowed):
        make("x", by=Reaching(Reach(frozenset({CODE}), place_path="/41/")))

    assert not Place.objects.exists()
    assert AuditLine.objects.get().outcome == "refused"


def test_inner_action_keeps_its_own_line_and_history_and_gives_back_the_outer_context(
    rename, open_registries
):
    place = make_place()

    @action("test.outer_act", "Outer")
    def outer(place, *, by):
        rename(place, "Inner", by=by)
        place.name = "Outer"
        tree.change(place, ["name"])

    outer(place, by=everyone(CODE, "test.outer_act"))

    assert list(AuditLine.objects.order_by("id").values_list("action", flat=True)) == [
        CODE,
        "test.outer_act",
    ]
    told = Place.pgh_event_model.objects.filter(pgh_label="update").order_by("pgh_id")
    assert [event.pgh_context["action"] for event in told] == [CODE, "test.outer_act"]


def test_refusal_inside_an_action_undoes_all_and_is_audited_once(rename, open_registries):
    place = make_place()

    @action("test.outer_act", "Outer")
    def outer(place, *, by):
        place.name = "Outer"
        tree.change(place, ["name"])
        rename(place, "Inner", by=System("weak", frozenset()))

    with pytest.raises(NotAllowed):
        outer(place, by=everyone("test.outer_act"))

    assert Place.objects.get().name not in ("Outer", "Inner")
    assert [(x.action, x.outcome) for x in AuditLine.objects.all()] == [
        ("test.outer_act", "refused")
    ]


def test_action_needs_an_actor(open_registries):
    with pytest.raises(TypeError, match="takes no actor"):
        action("test.no_actor", "x", duty=Duty.WORK)(lambda place: None)


def test_note_outside_an_action_is_a_bug():
    with pytest.raises(RuntimeError):
        note(rows=1)
