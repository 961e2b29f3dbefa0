import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from chengshu.core.access import tokens
from chengshu.core.access.models import Grant, Token, User
from chengshu.core.administration.actions import places
from chengshu.core.audit import chain
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from tests.core.access.factories import make_organisation, make_place, make_user

pytestmark = pytest.mark.django_db
LEDGERS = {
    "places": {"system", "security", "audit", "work"},
    "organisations": {"system", "security", "audit", "work"},
    "users": {"system", "security"},
    "roles": {"system", "security", "audit"},
    "grants": {"security", "audit"},
    "tokens": {"security", "audit"},
    "sign-in-rules": {"security", "audit"},
    "audit": {"audit"},
    "job-runs": {"system"},
}


@pytest.fixture
def people(system, security, audit, holder):
    return {"system": system, "security": security, "audit": audit, "work": holder("reader")}


@pytest.mark.parametrize("ledger", LEDGERS)
def test_ledger_opens_for_its_duties_only(people, browser, ledger):
    make_organisation()
    tokens.create_token("lamps")
    chain.append(actor="a", action="a.b", target="")

    answers = {
        who: browser(person).get(f"/admin/{ledger}/").status_code for who, person in people.items()
    }

    assert answers == {who: 200 if who in LEDGERS[ledger] else 403 for who in people}


@pytest.mark.parametrize("who", ["system", "security", "audit", "work"])
def test_index_opens_for_administrators(people, browser, who):
    answer = browser(people[who]).get("/admin/")

    assert answer.status_code == (403 if who == "work" else 200)


def test_stranger_is_sent_to_sign_in(client):
    answer = client.get("/admin/")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")


def test_user_is_added_granted_and_deactivated_on_the_pages(system, security, browser):
    at_system, at_security = browser(system), browser(security)

    at_system.post("/admin/users/-/new/", {"username": "li-na", "name": "李娜"})
    at_security.post("/admin/grants/-/new/", {"user": "li-na", "role": "reader"})
    at_system.post("/admin/users/li-na/retire/", {"name": "李娜"})

    user = User.objects.get(username="li-na")
    assert Grant.objects.get(user=user).role.code == "reader"
    assert not user.is_active


def test_place_is_added_moved_and_removed_on_the_pages(system, browser):
    browser = browser(system)
    for code, level, parent in (("41", "city", ""), ("42", "city", ""), ("s", "street", "41")):
        values = {"code": code, "name": code, "level": level, "parent": parent}
        browser.post("/admin/places/-/new/", values)

    browser.post("/admin/places/s/edit/", {"name": "S", "level": "street", "parent": "42"})
    moved = Place.objects.get(code="s").path
    browser.post("/admin/places/s/retire/", {"name": "S"})

    assert moved == "/42/s/"
    assert not Place.objects.filter(code="s").exists()


def test_organisation_is_added_and_its_credit_code_checked(system, browser):
    make_place("41")
    values = {"code": "parks", "name": "Parks", "kind": "department", "place": "41"}

    refused = browser(system).post(
        "/admin/organisations/-/new/", {**values, "credit_code": "91410100MA3X00000X"}
    )
    browser(system).post("/admin/organisations/-/new/", values)

    assert refused.status_code == 422
    assert Organisation.objects.get().path == "/parks/"


def test_password_is_reset_and_shown_once(security, browser):
    user = make_user("li-na")
    browser = browser(security)

    page = browser.get("/admin/users/li-na/")
    answer = browser.post("/admin/users/li-na/password/")

    assert "/admin/users/li-na/password/" in page.text
    shown = answer.text.split("<code>")[1].split("</code>")[0]
    user.refresh_from_db()
    assert user.check_password(shown)
    assert "no-store" in answer.headers["Cache-Control"]


def test_password_of_an_unknown_or_service_account_is_not_reset(security, browser):
    tokens.create_token("lamps")

    for name in ("nobody", "token:lamps"):
        assert browser(security).post(f"/admin/users/{name}/password/").status_code == 404


def test_token_is_made_shown_once_and_withdrawn(security, browser):
    place = make_place("41")
    browser = browser(security)

    answer = browser.post(
        "/admin/tokens/-/new/", {"name": "lamps", "scope": "ingest", "place": "41"}
    )
    raw = answer.text.split("<code>")[1].split("</code>")[0]
    person = tokens.authenticate(raw)
    browser.post("/admin/tokens/lamps/retire/", {"name": "lamps"})

    assert person.policy.reaches[0].place_path == place.path
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "values", [{"name": ""}, {"name": "x", "place": "nowhere"}, {"name": "x", "organisation": "\0"}]
)
def test_token_that_does_not_fit_is_refused(security, browser, values):
    assert browser(security).post("/admin/tokens/-/new/", values).status_code == 422


def test_outlines_are_imported_and_faults_named(system, browser):
    outline = "POLYGON ((113 34, 114 34, 114 35, 113 34))"
    right = f'code,name,level,parent,outline\n41,示例市,city,,"{outline}"\n'
    wrong = "code,name,level,parent\n41,示例市,borough,\n"
    browser = browser(system)

    refused = browser.post("/admin/places/-/outlines/", upload(wrong))
    stored = browser.post("/admin/places/-/outlines/", upload(right))

    assert refused.status_code == 422
    assert "level" in refused.text
    assert stored.status_code == 200
    assert shapely.from_wkb(bytes(Place.objects.get().outline)).area == pytest.approx(0.5)


def upload(text: str, name: str = "places.csv", datum: str = "cgcs2000") -> dict[str, object]:
    return {"file": SimpleUploadedFile(name, text.encode()), "datum": datum}


@pytest.mark.parametrize(
    "given",
    [{}, upload("", "places.exe"), upload("", datum="mars")],
    ids=["no file", "another form", "no datum"],
)
def test_upload_that_is_no_file_of_places_is_refused(system, browser, given):
    assert browser(system).post("/admin/places/-/outlines/", given).status_code == 422


def test_administrator_of_a_district_imports_no_places_elsewhere(holder):
    person = holder("system-administrator")
    district = make_place("41")
    Grant.objects.filter(user=person.user).update(place=district)
    content = b"code,name,level,parent\n42,x,city,\n"

    with pytest.raises(places.files.CityError):
        places.import_places(content, "csv", places.Datum.CGCS2000, by=person)

    assert Place.objects.count() == 1


def test_changed_trail_is_shown_to_the_audit_administrator(audit, browser):
    chain.append(actor="a", action="a.b", target="")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditline DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditline SET actor = 'b' WHERE id = 1")
        cursor.execute("ALTER TABLE audit_auditline ENABLE TRIGGER USER")

    answer = browser(audit).post("/admin/audit/-/check/")

    assert 'class="message error"' in answer.text


def test_trail_is_checked_by_nobody_else(system, security, browser):
    for person in (system, security):
        assert browser(person).post("/admin/audit/-/check/").status_code == 403
