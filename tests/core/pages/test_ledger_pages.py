import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chengshu.core.records.models import Upload
from tests.core.access.factories import make_user
from tests.core.records.streetlights.models import Lamp

LIST = "/streetlights/lamps/"
NEW = {"code": "A1", "name": "One", "kind": "led", "place": "street", "owner": "lighting"}


def body(answer):
    return answer.content.decode()


def codes(answer):
    return re.findall(r'<td class="key"><a href="/streetlights/lamps/(\w+)/"', body(answer))


def send(browser, content, name="lamps.csv"):
    file = SimpleUploadedFile(name, content)
    return browser.post(f"{LIST}-/import/", {"file": file})


def test_list_shows_the_frame_once_and_alone_the_list_for_htmx(city, browser):
    city.lamp("A1")

    whole = browser.get(LIST)
    part = browser.get(LIST, headers={"HX-Request": "true", "HX-Target": "list"})

    assert "<html" in body(whole)
    assert "<html" not in body(part)
    assert codes(whole) == codes(part) == ["A1"]
    assert "HX-Target" in part["Vary"]


def test_list_pages_keep_the_conditions_in_their_addresses(city, browser, monkeypatch):
    monkeypatch.setattr("chengshu.core.pages.lists.SIZE", 2)
    for number in range(5):
        city.lamp(f"A{number}", kind="led")

    first = browser.get(f"{LIST}?kind=led")
    [following] = re.findall(r'rel="next" href="([^"]+)"', body(first))
    second = browser.get(following.replace("&amp;", "&"))

    assert "kind=led" in following
    assert codes(second) == ["A2", "A3"]


def test_columns_are_chosen_in_the_address(city, browser):
    city.lamp("A1")

    shown = body(browser.get(f"{LIST}?columns=code&columns=state"))

    titles = [str(Lamp._meta.get_field(name).verbose_name) for name in ("code", "state")]
    assert re.findall(r'<th scope="col"[^>]*><a[^>]*>([^<]+)', shown) == titles


def test_empty_ledger_and_empty_search_say_different_things(city, browser):
    empty = body(browser.get(LIST))
    nothing = body(browser.get(f"{LIST}?q=x"))

    assert 'class="state"' in empty
    assert 'class="state"' in nothing
    assert empty != nothing


def test_text_of_a_row_is_escaped(city, browser):
    city.lamp("A1", name="<script>alert(1)</script>")

    for address in (LIST, f"{LIST}A1/", f"{LIST}A1/edit/"):
        assert "<script>alert" not in body(browser.get(address))


def test_record_page_shows_facts_history_and_panels_of_other_apps(city, lamps, browser):
    lamp = city.lamp("A1", watts=60)
    lamps.change(lamp, by=city.officer, name="Renamed")

    shown = body(browser.get(f"{LIST}A1/"))

    assert "look up at A1" in shown
    assert "<ins>Renamed</ins>" in shown
    assert "60" in shown


def test_form_adds_a_row_and_says_so(city, browser):
    answer = browser.post(f"{LIST}-/new/", NEW, follow=True)

    assert answer.redirect_chain == [(f"{LIST}A1/", 302)]
    assert 'class="message success"' in body(answer)
    assert Lamp.objects.get().place == city.street


def test_form_with_wrong_values_keeps_what_was_typed_and_marks_it(city, browser):
    answer = browser.post(f"{LIST}-/new/", NEW | {"kind": "candle", "name": "Kept"})

    assert answer.status_code == 422
    assert 'value="Kept"' in body(answer)
    assert 'id="p-kind"' in body(answer)
    assert Lamp.objects.count() == 0


def test_form_changes_a_row_but_never_its_code(city, browser):
    city.lamp("A1")

    browser.post(f"{LIST}A1/edit/", NEW | {"code": "B2", "name": "First"})

    assert [(lamp.code, lamp.name) for lamp in Lamp.objects.all()] == [("A1", "First")]


def test_row_is_retired_only_by_its_name(city, browser):
    lamp = city.lamp("A1", name="Market east")

    wrong = browser.post(f"{LIST}A1/retire/", {"name": "market"})
    right = browser.post(f"{LIST}A1/retire/", {"name": "Market east"})

    lamp.refresh_from_db()
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert lamp.valid_to is not None


def test_button_runs_its_action_once_and_refuses_the_second_time(city, browser):
    lamp = city.lamp("A1")

    first = browser.post(f"{LIST}A1/do/report/")
    second = browser.post(f"{LIST}A1/do/report/")

    lamp.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 409)
    assert lamp.state == "failed"


def test_button_on_many_rows_is_all_or_nothing(city, browser):
    city.lamp("A1")
    city.lamp("A2", state="failed")

    answer = browser.post(f"{LIST}-/do/report/", {"key": ["A1", "A2"]})

    assert answer.status_code == 409
    assert Lamp.objects.get(code="A1").state == "working"


def test_button_on_many_rows_refuses_a_row_out_of_sight(city, browser):
    city.lamp("A1")
    city.lamp("A2", place=city.south)

    answer = browser.post(f"{LIST}-/do/report/", {"key": ["A1", "A2"]})

    assert answer.status_code == 404
    assert set(Lamp.objects.values_list("state", flat=True)) == {"working"}


def test_import_previews_then_writes_all_on_confirmation(city, browser):
    preview = send(browser, b"code,name,kind,place,owner\nA1,One,led,street,lighting\n")
    before = Lamp.objects.count()
    upload = Upload.objects.get()

    done = browser.post(f"{LIST}-/import/{upload.pk}/")

    assert preview.status_code == 200
    assert before == 0
    assert done.status_code == 302
    assert Lamp.objects.get().code == "A1"
    assert Upload.objects.count() == 0


def test_import_with_problems_names_row_and_column_and_offers_no_confirmation(city, browser):
    preview = send(browser, b"code,name,kind,place,owner\nA1,One,candle,street,lighting\n")

    assert preview.status_code == 200
    assert re.search(r'<td class="number">2</td><td>kind</td>', body(preview))
    assert f"/import/{Upload.objects.get().pk}/" not in body(preview)


def test_import_of_a_broken_file_says_where(city, browser):
    answer = send(browser, b'code,name\nA1,"One\n')

    assert answer.status_code == 422
    assert 'role="alert"' in body(answer)
    assert Upload.objects.count() == 0


def test_upload_of_somebody_else_cannot_be_confirmed(city, browser, client):
    send(browser, b"code,name,kind,place,owner\nA1,One,led,street,lighting\n")
    upload = Upload.objects.get()
    Upload.objects.update(actor="another")

    answer = browser.post(f"{LIST}-/import/{upload.pk}/")

    assert answer.status_code == 404
    assert Lamp.objects.count() == 0


def test_suggestions_stay_within_reach(city, browser):
    shown = body(browser.get(f"{LIST}-/options/place/?place="))

    assert re.findall(r'value="(\w+)"', shown) == ["north", "street"]


@pytest.mark.parametrize(
    "address", ["/nothing/here/", f"{LIST}NONE/", f"{LIST}-/options/colour/", f"{LIST}-/export.pdf"]
)
def test_address_of_nothing_is_not_found(city, browser, address):
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize("query", ["kind=candle", "cursor=x", "sort=secret", "place=nowhere"])
def test_list_that_cannot_be_read_is_a_designed_page(city, browser, query):
    answer = browser.get(f"{LIST}?{query}")

    assert answer.status_code == 422
    assert 'class="state"' in body(answer)
    assert "<html" in body(answer)


def test_navigation_shows_the_ledgers_that_may_be_seen(city, browser, client):
    seen = body(browser.get(LIST))
    client.force_login(make_user())
    refused = body(client.get(LIST))

    assert f'href="{LIST}" aria-current="page"' in seen
    assert f'href="{LIST}"' not in refused


def test_page_carries_no_inline_script_or_style(city, browser):
    city.lamp("A1")

    for address in (LIST, f"{LIST}A1/", f"{LIST}-/new/", f"{LIST}-/import/"):
        shown = body(browser.get(address))
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", shown), address


def test_export_file_is_named_for_the_ledger(city, browser):
    answer = browser.get(f"{LIST}-/export.xlsx")

    assert "streetlights-lamps-" in answer["Content-Disposition"]
    assert io.BytesIO(answer.getvalue()).read(2) == b"PK"
