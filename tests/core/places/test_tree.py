import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chengshu.core.places import tree
from chengshu.core.places.models import Level, Place
from tests.core.access.factories import make_organisation, make_place

pytestmark = pytest.mark.django_db


def test_path_names_the_codes_from_the_root_down():
    city = make_place("41", level=Level.CITY)
    district = make_place("4101", city)

    assert district.path == "/41/4101/"


@pytest.mark.parametrize("code", ["", "a/b", "a b", "区", "%"])
def test_code_that_would_break_paths_is_refused(code):
    with pytest.raises(tree.BadCode):
        make_place_with(code)


def make_place_with(code: str) -> Place:
    return tree.add(Place(code=code, name="x", level=Level.CITY))


def test_second_place_of_a_code_is_refused():
    make_place("41")

    with pytest.raises(tree.CodeTaken):
        make_place("41")


def test_moving_takes_the_whole_subtree_along_in_one_update():
    north, south = make_place("n", level=Level.CITY), make_place("s", level=Level.CITY)
    street = make_place("n1", north, Level.STREET)
    for number in range(20):
        make_place(f"n1-{number}", street, Level.CELL)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        moved = tree.move(street, south)

    assert moved == 21
    assert street.path == "/s/n1/"
    assert set(Place.objects.filter(level=Level.CELL).values_list("path", flat=True)) == {
        f"/s/n1/n1-{number}/" for number in range(20)
    }
    assert sum("substr" in query["sql"].lower() for query in queries) == 1


def test_moving_to_the_top_makes_a_root():
    district = make_place("d", make_place("c", level=Level.CITY))

    tree.move(district, None)

    assert district.path == "/d/"


def test_place_cannot_stand_below_itself():
    city = make_place("c", level=Level.CITY)
    district = make_place("d", city)

    with pytest.raises(tree.MovesBelowItself):
        tree.move(city, district)


def test_used_place_is_not_removed_and_the_answer_names_the_user():
    organisation = make_organisation()

    with pytest.raises(tree.StillUsed) as refusal:
        tree.remove(organisation.place)

    assert refusal.value.where["kinds"] == [str(organisation._meta.verbose_name)]


def test_organisations_move_likewise():
    bureau, office = make_organisation("b"), make_organisation("o")

    tree.move(office, bureau)

    assert office.path == "/b/o/"


@pytest.mark.django_db(transaction=True)
def test_place_added_while_its_parent_moves_gets_the_new_path():
    north, south = make_place("n", level=Level.CITY), make_place("s", level=Level.CITY)
    street = make_place("t", north, Level.STREET)
    added = threading.Event()

    def add_below() -> None:
        make_place("cell", Place.objects.get(code="t"), Level.CELL)
        added.set()
        connection.close()

    with transaction.atomic():
        tree.move(street, south)
        other = threading.Thread(target=add_below)
        other.start()
        assert not added.wait(0.2)
    other.join()

    assert Place.objects.get(code="cell").path == "/s/t/cell/"
