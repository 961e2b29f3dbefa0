"""Batches: several requests in one, and change sets of which all or none take effect."""

from typing import Any

from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ADDRESS, ROOT, Service

BATCH = "multipart/mixed;boundary=outer"
THING = '{"name": "thing %d", "description": "made in a batch"}'


def part(method: str, url: str, body: str = "", name: str = "", boundary: str = "outer") -> str:
    lines = [f"--{boundary}", "Content-Type: application/http"]
    lines += [f"Content-ID: {name}"] if name else []
    lines += ["", f"{method} {url} HTTP/1.1", "Host: testserver"]
    lines += ["Content-Type: application/json", "", body] if body else ["", ""]
    return "\r\n".join(lines) + "\r\n"


def change_set(*parts: str) -> str:
    head = "--outer\r\nContent-Type: multipart/mixed;boundary=inner\r\n\r\n"
    return head + "".join(parts) + "--inner--\r\n"


def posted(service: Service, *parts: str) -> str:
    answer = service.send("POST", "$batch", "".join(parts) + "--outer--\r\n", content_type=BATCH)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"].startswith("multipart/mixed")
    return answer.content.decode()


def statuses(answer: str) -> list[int]:
    return [int(line.split()[1]) for line in answer.splitlines() if line.startswith("HTTP/1.1")]


def test_requests_of_a_batch_are_answered_in_their_order(sta: Service) -> None:
    number = sta.post("Things", bodies.thing())

    answer = posted(
        sta,
        part("GET", f"{ADDRESS}/Things({number})/name"),
        part("GET", f"{ROOT}/Things?$filter=id%20eq%20{number}&$select=name"),
        part("POST", "Things", THING % 2),
        part("GET", "Things(0)"),
        part("PATCH", f"/v1.1/Things({number})", '{"name": "renamed"}'),
        part("DELETE", f"Things({number})"),
    )

    assert statuses(answer) == [200, 200, 201, 404, 200, 200]
    assert '{"name":"thing 1"}' in answer
    assert f"Location: {ADDRESS}/Things(" in answer
    assert sta.status("GET", f"Things({number})") == 404


def test_a_change_set_takes_effect_as_a_whole(sta: Service) -> None:
    stream = (
        '{"name": "s", "description": "s", "observationType": "x", "unitOfMeasurement": {},'
        ' "Thing": {"@iot.id": "$1"}, "Sensor": {"@iot.id": "$2"},'
        ' "ObservedProperty": {"name": "p", "description": "p", "definition": "p"}}'
    )
    sensor = '{"name": "s", "description": "s", "encodingType": "text/html", "metadata": "m"}'
    place = '{"name":"l","description":"l","encodingType":"text/plain","location":"here"}'

    answer = posted(
        sta,
        change_set(
            part("POST", "Things", THING % 1, "1", "inner"),
            part("POST", "$1/Locations", place, "l", "inner"),
            part("POST", "Sensors", sensor, "2", "inner"),
            part("POST", "Datastreams", stream, "3", "inner"),
            part("POST", "$3/Observations", '{"result": 5}', "4", "inner"),
        ),
        part("GET", "$1/Datastreams?$expand=Observations"),
    )

    assert statuses(answer) == [201, 201, 201, 201, 201, 200]
    assert "Content-ID: 3" in answer
    assert sta.get("Observations?$expand=Datastream/Thing")["value"][0]["result"] == 5
    assert '"result":5' in answer


def test_a_change_set_that_fails_leaves_nothing_and_the_others_go_on(sta: Service) -> None:
    thing = bodies.whole_thing()
    sta.post("Things", thing)
    stream = sta.ids("Datastreams")[0]

    answer = posted(
        sta,
        change_set(
            part("POST", "Things", THING % 1, "1", "inner"),
            part("POST", f"Datastreams({stream})/Observations", '{"result": 5}', "2", "inner"),
            part("POST", "Things", '{"name": "without description"}', "3", "inner"),
        ),
        change_set(part("GET", "Things", "", "1", "inner")),
        part("POST", "Things", THING % 2),
    )

    assert statuses(answer) == [400, 400, 201]
    assert len(sta.ids("Things")) == 2
    assert len(sta.ids("Observations")) == 2


def test_a_batch_in_json_does_the_same(sta: Service) -> None:
    def request(name: str, method: str, url: str, body: Any = None, group: str = "") -> Any:
        more = {"body": body} if body is not None else {}
        more |= {"atomicityGroup": group} if group else {}
        return {"id": name, "method": method, "url": url, **more}

    answer = sta.send(
        "POST",
        "$batch",
        {
            "requests": [
                request("a", "post", "Things", bodies.thing(1), "g1"),
                request("b", "post", "$a/Locations", bodies.location(), "g1"),
                request("c", "post", "Things", bodies.thing(2), "g2"),
                request("d", "post", "Things", {}, "g2"),
                request("e", "get", "$a/Locations?$select=name"),
                request("f", "get", "Nothings"),
            ]
        },
    ).json()["responses"]

    assert [(r["id"], r["status"]) for r in answer] == [
        ("a", 201),
        ("b", 201),
        ("c", 400),
        ("d", 400),
        ("e", 200),
        ("f", 404),
    ]
    assert answer[4]["body"]["value"] == [{"name": "location 1"}]
    assert len(sta.ids("Things")) == 1


def test_a_batch_that_cannot_be_read_is_refused(sta: Service) -> None:
    bad = [
        ("no parts here", BATCH),
        ("--outer\r\nContent-Type: text/plain\r\n\r\nhello\r\n--outer--\r\n", BATCH),
        ("--outer\r\nContent-Type: application/http\r\n\r\nhello\r\n--outer--\r\n", BATCH),
        ("{}", "application/json"),
        ('{"requests": [{"method": "get"}]}', "application/json"),
        ("x", "text/plain"),
    ]

    assert [sta.status("POST", "$batch", b, content_type=t) for b, t in bad] == [400] * len(bad)
