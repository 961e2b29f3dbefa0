import pytest

from tests.core.access.factories import make_grant, make_user
from tests.core.records.streetlights.models import Lamp

pytestmark = pytest.mark.django_db
A1 = "/streetlights/lamps/A1/"
API = "/api/v1/streetlights/lamps/A1"


@pytest.mark.parametrize(
    ("state", "shown", "hidden"), [("working", "report", "relamp"), ("failed", "relamp", "report")]
)
def test_a_button_is_offered_only_for_rows_in_its_state(city, browser, state, shown, hidden):
    city.lamp("A1", state=state)

    page = browser.get(A1).text

    assert f'"{A1}do/{shown}/"' in page
    assert f'"{A1}do/{hidden}/"' not in page


def test_a_button_that_asks_shows_a_form_first_and_is_not_for_many_rows(city, browser):
    city.lamp("A1", state="failed", kind="led")

    form = browser.get(f"{A1}do/relamp/")
    listed = browser.get("/streetlights/lamps/").text

    assert 'name="watts"' in form.text
    assert "Change the lamp" in form.text
    assert "/-/do/report/" in listed
    assert "/-/do/relamp/" not in listed
    assert browser.post("/streetlights/lamps/-/do/relamp/", {"key": "A1"}).status_code == 404


def test_what_a_form_asks_reaches_the_action(city, browser):
    city.lamp("A1", state="failed")

    answer = browser.post(f"{A1}do/relamp/", {"kind": "sodium", "watts": "70"})

    lamp = Lamp.objects.get()
    assert answer.status_code == 302
    assert (lamp.kind, lamp.watts, lamp.state) == ("sodium", 70, "working")


def test_wrong_answers_come_back_with_the_form(city, browser):
    city.lamp("A1", state="failed")

    answer = browser.post(f"{A1}do/relamp/", {"kind": "candle", "watts": "70"})

    assert answer.status_code == 422
    assert 'id="p-kind"' in answer.text
    assert 'value="70"' in answer.text


def test_a_button_without_questions_has_no_form(city, browser):
    city.lamp("A1")

    assert browser.get(f"{A1}do/report/").status_code == 404


def test_the_form_of_a_button_needs_its_right(city, client):
    city.lamp("A1", state="failed")
    looker = make_user()
    make_grant(looker, "streetlights.view_lamp")
    client.force_login(looker)

    answers = [client.get(f"{A1}do/relamp/"), client.post(f"{A1}do/relamp/", {"kind": "led"})]

    assert {answer.status_code for answer in answers} == {403}


def test_the_api_presses_buttons_with_what_they_ask(city, browser):
    city.lamp("A1")

    failed = browser.post(f"{API}/report", content_type="application/json")
    mended = browser.post(
        f"{API}/relamp", {"kind": "sodium", "watts": 70}, content_type="application/json"
    )
    wrong = browser.post(f"{API}/relamp", {"kind": "candle"}, content_type="application/json")

    assert failed.json()["state"] == "failed"
    assert (mended.json()["state"], mended.json()["watts"]) == ("working", 70)
    assert wrong.status_code == 422


def test_a_fixed_field_is_set_once(city, browser):
    new = {"code": "A1", "name": "x", "kind": "led", "place": "street", "owner": "lighting"}
    browser.post("/streetlights/lamps/-/new/", new | {"lit_at": "2026-01-01 20:00"})
    before = Lamp.objects.get().lit_at

    browser.post(f"{A1}edit/", {"name": "y", "lit_at": "2027-01-01 20:00"})
    by_api = browser.patch(API, {"lit_at": "2027-01-01T20:00:00Z"}, content_type="application/json")

    assert (Lamp.objects.get().name, Lamp.objects.get().lit_at) == ("y", before)
    assert before is not None
    assert by_api.status_code == 422


def test_the_rule_of_a_ledger_holds_in_its_form_and_its_api(city, browser):
    city.lamp("A1")

    form = browser.post(f"{A1}edit/", {"watts": "1000"})
    api = browser.patch(API, {"watts": 1000}, content_type="application/json")

    assert (form.status_code, api.status_code) == (422, 422)
    assert "too bright" in form.text
    assert Lamp.objects.get().watts != 1000
