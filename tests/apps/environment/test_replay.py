"""Real records through the whole loop: sent by HTTP, stored, followed, read back by the API."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from chengshu.apps.environment.actions.replays import Station, prepare
from chengshu.apps.environment.models import AirStation
from chengshu.apps.environment.replay import checks
from chengshu.apps.environment.replay.keys import OPERATOR, Keys, borrowed_keys
from chengshu.apps.environment.replay.play import play
from chengshu.apps.environment.replay.records import POLLUTANTS, Records, read
from chengshu.core.access.models import Token, User
from chengshu.core.events.dispatch import deliver_waiting
from chengshu.core.events.models import OutboxEvent
from chengshu.core.lake import installation
from chengshu.core.lake.models import Follower
from chengshu.hub.cases.models import Case
from chengshu.hub.sensing import follow
from chengshu.hub.sensing.models import Datastream, HealthRule, StreamState, TerminalState
from chengshu.hub.sensing.sending import Sender, Sent
from chengshu.hub.warnings.models import CityWarning
from chengshu.kit.errors import Invalid
from tests.serving import ingest_process

HEADER = "Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2\n"
LARGEST = 2
USUAL = HealthRule()


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """The largest files of the real records."""
    real = (shared / "data" / "airquality" / "henan_stations_2020").glob("*.csv")
    for path in sorted(real, key=lambda path: (-path.stat().st_size, path.name))[:LARGEST]:
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


@dataclass(frozen=True)
class Played:
    records: Records
    codes: dict[Station, str]
    sent: Sent
    again: Sent
    compared: checks.Compared


@pytest.fixture
def played(folder: Path, transactional_db: None, live_server) -> Iterator[Played]:
    """The files sent twice and worked in, then compared by the API."""
    lake = installation.current()
    lake.ensure()
    Follower.objects.create(name=follow.NAME, snapshot=lake.current_snapshot())
    records = read(folder, "Asia/Shanghai")
    codes = prepare(records.stations, by=OPERATOR)
    with borrowed_keys() as keys:
        sent, again = _sent_twice(records, codes, keys)
        while follow.follow_once() >= 0:
            pass
        while deliver_waiting():
            pass
        compared = checks.compare(records.latest, codes, live_server.url, keys.api)
    yield Played(records, codes, sent, again, compared)
    lake.close()


def _sent_twice(records: Records, codes: dict[Station, str], keys: Keys) -> tuple[Sent, Sent]:
    with ingest_process() as address, Sender(address, keys.ingest) as sender:
        return play(records, codes, sender), play(records, codes, sender)


@pytest.mark.slow
def test_real_records_go_through_the_whole_loop(played: Played, capsys) -> None:
    _every_value_is_stored_once(played)
    _every_published_index_is_ours(played, capsys)
    _silent_stations_are_found(played)
    _frozen_streams_are_found()
    _faults_become_warnings_and_cases()
    _keys_are_withdrawn()


def _every_value_is_stored_once(played: Played) -> None:
    values = sum(played.records.latest[name].is_not_null().sum() for name in POLLUTANTS)

    assert played.sent == Sent(received=values, stored=values)
    assert played.again == Sent(received=values, duplicate=values)


def _every_published_index_is_ours(played: Played, capsys) -> None:
    published = played.records.latest["published_aqi"].is_not_null().sum()
    with capsys.disabled():
        print(f"\n  AQI and primary pollutant compared through the loop on {published} records")  # noqa: T201

    assert played.compared.examples == []
    assert published > 1000
    assert played.compared.equal == published
    assert played.compared.not_comparable == len(played.records.latest) - published


def _silent_stations_are_found(played: Played) -> None:
    """Those whose city went on for more than three hours without them."""
    measured = pl.any_horizontal(pl.col(name).is_not_null() for name in POLLUTANTS)
    latest = played.records.latest.with_columns(
        heard_at=pl.when(measured).then("at").max().over("city", "station"),
        city_at=pl.when(measured).then("at").max().over("city"),
        city_from=pl.when(measured).then("at").min().over("city"),
    )
    gap = pl.col("city_at") - pl.coalesce("heard_at", "city_from")
    silent = latest.filter(gap > timedelta(hours=USUAL.silent_intervals))
    expected = {played.codes[row] for row in silent.select("city", "station").rows()}

    found = TerminalState.objects.filter(health="silent")

    assert expected
    assert set(found.values_list("terminal__code", flat=True)) == expected


def _frozen_streams_are_found() -> None:
    frozen = StreamState.objects.filter(health="frozen")

    assert frozen.exists()
    assert all(state.same_count >= USUAL.frozen_reports for state in frozen)


def _faults_become_warnings_and_cases() -> None:
    faults = OutboxEvent.objects.filter(type="terminal.health-changed")
    told = set(faults.values_list("body__health", flat=True))
    rules = set(CityWarning.objects.values_list("rule", flat=True))

    assert told >= {"frozen", "silent", "online"}
    assert rules >= {"sensing.terminal-frozen", "sensing.terminal-silent"}
    assert Case.objects.filter(type__code="terminal-fault", unit__code="replay").exists()


def _keys_are_withdrawn() -> None:
    assert not Token.objects.exists()
    assert not User.objects.filter(is_service=True).exists()


def _file(folder: Path, name: str, *rows: str) -> None:
    (folder / f"{name}.csv").write_text(HEADER + "\n".join(rows), encoding="utf-8")


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no CSV file"):
        read(tmp_path, "Asia/Shanghai")


def test_a_broken_file_is_refused_with_its_name_row_and_column(tmp_path: Path) -> None:
    _file(tmp_path, "甲市", "20200402,99,一号,NaN,,NaN,1,1,1,1,1,1,1")

    with pytest.raises(Invalid) as refused:
        read(tmp_path, "Asia/Shanghai")

    assert refused.value.where == {"file": "甲市.csv", "row": 2, "column": "Hour"}


def test_the_last_record_of_an_hour_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    _file(
        tmp_path,
        "甲市",
        "20200402,08,一号,50,优,,35,NaN,NaN,NaN,NaN,NaN,NaN",
        "20200402,08,一号,52,良,细颗粒物(PM2.5),36,NaN,NaN,NaN,NaN,NaN,NaN",
    )

    records = read(tmp_path, "Asia/Shanghai")

    assert (records.read, records.superseded) == (2, 1)
    assert list(records.observations({("甲市", "一号"): "S1"}))[0][1] == [
        {"terminal": "S1", "at": "2020-04-02T00:00:00+00:00", "values": {"pm2.5": 36.0}}
    ]


def test_an_hour_without_any_value_sends_nothing(tmp_path: Path) -> None:
    _file(tmp_path, "甲市", "20200402,08,一号,NaN,,NaN,NaN,NaN,NaN,NaN,NaN,NaN,NaN")

    records = read(tmp_path, "Asia/Shanghai")

    assert [observations for _at, observations in records.observations({})] == [[]]


def test_stations_are_made_once_and_later_files_add_theirs(db: None) -> None:
    first = prepare([("甲市", "一号"), ("甲市", "二号")], by=OPERATOR)

    again = prepare([("甲市", "一号"), ("甲市", "三号"), ("乙市", "一号")], by=OPERATOR)

    assert again["甲市", "一号"] == first["甲市", "一号"]
    assert AirStation.objects.count() == 4
    assert len({*first.values(), *again.values()}) == 4
    assert Datastream.objects.count() == 4 * len(POLLUTANTS)


def test_a_closed_station_and_the_one_that_took_its_name_are_two(db: None) -> None:
    codes = prepare([("甲市", "一号"), ("甲市", "一号\u3000")], by=OPERATOR)

    assert len(set(codes.values())) == 2
