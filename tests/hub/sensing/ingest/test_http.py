"""The HTTP entrances of a real ingest process."""

import base64
import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import polars as pl
import pytest

from chengshu.core.access.models import Role
from chengshu.core.access.tokens import create_token
from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import Rejection, Terminal
from tests.hub.sensing.factories import observed_property, stream, terminal
from tests.serving import ingest_process

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(AT.timestamp())

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def process(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock():
        installation.current().ensure([OBSERVATIONS])
        with ingest_process() as address:
            yield address
        installation.current().close()


@pytest.fixture
def token(transactional_db: None) -> str:
    Role.objects.update_or_create(
        code="ingest", defaults={"name": "ingest", "permissions": ["sensing.ingest"]}
    )
    observed_property("co", lowest=0.0, highest=1000.0)
    terminal("T1", ("co", "so2"))
    return create_token("gateway", "ingest")


@pytest.fixture
def post(process: str, token: str) -> Post:
    def send(path: str, body: bytes | str, **headers: str) -> httpx.Response:
        content = body.encode() if isinstance(body, str) else body
        given = {"Authorization": f"Bearer {token}"} | headers
        return httpx.post(f"{process}{path}", content=content, headers=given, trust_env=False)

    return send


def stored() -> list[tuple[float, datetime]]:
    numbers = [stream(Terminal.objects.get(), name) for name in ("co", "so2")]
    rows = installation.current().query(
        'SELECT value, "at" FROM observations WHERE datastream IN ($first, $second) ORDER BY ALL',
        {"first": numbers[0], "second": numbers[1]},
    )
    return rows.rows()


def counts(answer: httpx.Response) -> tuple[int, int, int, int]:
    said = answer.json()
    return said["received"], said["stored"], said["duplicate"], said["rejected"]


def test_line_protocol_is_stored_and_accounted_for(post: Post):
    body = f"air,terminal=T1 co=1.5,so2=2i {SECONDS}\nair,terminal=T9 co=1 {SECONDS}\n"

    answer = post("/ingest/line?precision=s", body)

    assert answer.status_code == 200
    assert counts(answer) == (3, 2, 0, 1)
    assert answer.json()["rejections"][0]["code"] == "unknown-terminal"
    assert stored() == [(1.5, AT), (2.0, AT)]
    assert Rejection.objects.get().row["terminal"] == "T9"


def test_arrow_is_stored_by_the_number_of_the_datastream(post: Post):
    number = stream(Terminal.objects.get(), "co")
    frame = pl.DataFrame({"datastream": [number, 2**40], "at": [AT, AT], "value": [3.5, 1.0]})
    frame.write_ipc_stream(body := BytesIO())

    answer = post("/ingest/arrow", body.getvalue())

    assert counts(answer) == (2, 1, 0, 1)
    assert answer.json()["rejections"][0]["code"] == "unknown-datastream"
    assert stored() == [(3.5, AT)]


def test_the_same_again_is_a_duplicate_and_another_value_takes_its_place(post: Post):
    first = post("/ingest/line?precision=s", f"a,terminal=T1 co=1 {SECONDS}")
    again = post("/ingest/line?precision=s", f"a,terminal=T1 co=1 {SECONDS}")
    other = post("/ingest/line?precision=s", f"a,terminal=T1 co=2 {SECONDS}")

    assert [counts(each) for each in (first, again, other)] == [
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (1, 1, 0, 0),
    ]
    assert stored() == [(2.0, AT)]


def test_a_key_makes_a_repeat_harmless(post: Post):
    body = f"a,terminal=T1 co=1 {SECONDS}"

    answers = [post("/ingest/line?precision=s", body, **{"Idempotency-Key": "k"}) for _ in "ab"]

    assert [counts(each) for each in answers] == [(1, 1, 0, 0)] * 2


@pytest.mark.parametrize("path", ["/write", "/api/v2/write?bucket=b&org=o"])
def test_clients_of_influxdb_get_the_answers_they_know(post: Post, path: str):
    sep = "&" if "?" in path else "?"

    good = post(f"{path}{sep}precision=s", f"a,terminal=T1 co=1 {SECONDS}")
    partly = post(f"{path}{sep}precision=s", f"a,terminal=T1 co=2 {SECONDS}\na,terminal=T1 co=x 1")
    wholly = post(f"{path}{sep}precision=s", f"a,terminal=T9 co=2 {SECONDS}")
    wrong = post(f"{path}{sep}precision=week", f"a,terminal=T1 co=2 {SECONDS}")

    assert (good.status_code, good.content) == (204, b"")
    assert (partly.status_code, wholly.status_code, wrong.status_code) == (400, 400, 422)
    assert "dropped=1" in partly.text
    assert "No terminal has this code (line 1) dropped=1" in wholly.text
    assert stored() == [(2.0, AT)]


def test_senders_find_the_database_and_the_version_they_ask_for(process: str):
    made = httpx.post(f"{process}/query", params={"q": 'CREATE DATABASE "x"'}, trust_env=False)
    other = httpx.post(f"{process}/query", data={"q": "DROP DATABASE x"}, trust_env=False)
    ping = httpx.get(f"{process}/ping", trust_env=False)

    assert made.json() == {"results": [{"statement_id": 0}]}
    assert other.status_code == 400
    assert (ping.status_code, ping.headers["x-influxdb-version"][:2]) == (204, "1.")


@pytest.mark.parametrize("form", ["bearer", "token", "v1 token", "basic", "parameter"])
def test_the_token_may_come_in_every_way_that_senders_have(process: str, token: str, form: str):
    login = base64.b64encode(f"user:{token}".encode()).decode()
    header = {
        "bearer": f"Bearer {token}",
        "token": f"Token {token}",
        "v1 token": f"Token user:{token}",
        "basic": f"Basic {login}",
    }.get(form)
    options = {"precision": "s"} | ({"u": "user", "p": token} if header is None else {})

    answer = httpx.post(
        f"{process}/write",
        params=options,
        content=f"a,terminal=T1 co=1 {SECONDS}",
        headers={"Authorization": header} if header else {},
        trust_env=False,
    )

    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/ingest/line", "/ingest/arrow", "/ingest/json", "/write"])
@pytest.mark.parametrize("login", ["", "Bearer cs_wrong", "Basic !!", "Basic eA=="])
def test_a_wrong_or_missing_token_is_refused_before_the_body_is_read(
    process: str, path: str, login: str
):
    headers = {"Authorization": login} if login else {}

    answer = httpx.post(f"{process}{path}", content=b"x", headers=headers, trust_env=False)

    assert answer.status_code == 401


def test_a_gzipped_body_is_read_and_a_lie_about_it_refused(post: Post):
    body = gzip.compress(f"a,terminal=T1 co=1 {SECONDS}".encode())

    packed = post("/ingest/line?precision=s", body, **{"Content-Encoding": "gzip"})
    lie = post("/ingest/line?precision=s", "a,terminal=T1 co=1", **{"Content-Encoding": "gzip"})

    assert counts(packed) == (1, 1, 0, 0)
    assert (lie.status_code, lie.json()["error"]["code"]) == (422, "bad-body")


def test_every_kind_of_bad_row_has_its_reason(post: Post):
    future = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    lines = {
        f"a,terminal=T9 co=1 {SECONDS}": "unknown-terminal",
        f"a,terminal=T1 pm=1 {SECONDS}": "unknown-property",
        f"a co=1 {SECONDS}": "unknown-terminal",
        f"a,terminal=T1 co=nan {SECONDS}": "not-finite",
        f"a,terminal=T1 co=-1 {SECONDS}": "out-of-range",
        f"a,terminal=T1 co=true {SECONDS}": "not-a-number",
        f"a,terminal=T1 co=1 {future}": "far-future",
        "a,terminal=T1 co=1 7": "too-old",
        "a,terminal=T1": "bad-row",
    }

    answer = post("/ingest/line?precision=s", "\n".join([*lines, f"a,terminal=T1 so2=1 {SECONDS}"]))

    assert counts(answer) == (len(lines) + 1, 1, 0, len(lines))
    assert [each["code"] for each in answer.json()["rejections"]] == list(lines.values())


def test_small_bodies_that_come_together_are_answered_each_for_itself(post: Post):
    """They are read as one; what is wrong with one of them is said to its sender alone."""
    good = [f"air,terminal=T1 co={n} {SECONDS + n}" for n in range(30)]
    wrong = {3: "air,terminal=T1 co=many 1", 7: "# nothing else\nair,terminal=T9 co=1 1767225600"}
    sent = {n: f"{line}\n{wrong.get(n, '')}".rstrip() for n, line in enumerate(good)}
    sent[11] = "no line at all"

    with ThreadPoolExecutor(len(sent)) as senders:
        answers = list(senders.map(lambda b: post("/ingest/line?precision=s", b), sent.values()))

    for number, answer in enumerate(answers):
        if number == 11:
            assert answer.json()["error"]["code"] == "nothing-stored"
        elif number in wrong:
            assert counts(answer) == (2, 1, 0, 1)
            rejection = answer.json()["rejections"][0]
            assert rejection["row"] == (2 if number == 3 else 3)
        else:
            assert counts(answer) == (1, 1, 0, 0)
    assert len(stored()) == 29
    assert Rejection.objects.count() == 3


def test_the_same_body_from_many_at_once_is_stored_once(post: Post):
    body = "".join(f"air,terminal=T1 co={n} {SECONDS + n}\n" for n in range(5))

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _n: post("/ingest/line?precision=s", body), range(8)))

    assert sum(answer.json()["stored"] for answer in answers) == 5
    assert sum(answer.json()["duplicate"] for answer in answers) == 35
    assert len(stored()) == 5
