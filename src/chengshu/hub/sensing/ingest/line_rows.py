"""InfluxDB line protocol: the tag ``terminal`` names the terminal, a field key its stream.

A body without quotes, escapes, comments and gaps is read column by column; any other body line
by line. Measurement and other tags are passed over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chengshu.kit.errors import Invalid

from .index import Streams
from .keys import Keys, Numbers
from .rows import Addressed, Parcel, Rejected, said_time

MICROSECONDS = {
    "ns": (1, 1000),
    "n": (1, 1000),
    "us": (1, 1),
    "u": (1, 1),
    "µ": (1, 1),
    "ms": (1000, 1),
    "s": (1_000_000, 1),
    "m": (60_000_000, 1),
    "h": (3_600_000_000, 1),
}
"""What a time is multiplied with and divided by, per ``precision``."""
LONGEST_LINE = 64 * 1024
LATEST = 2**62
SHOWN = 200
TERMINAL = re.compile(r",terminal=((?:\\.|[^,\\])+)")
COLUMNS = {"series": pl.String, "fields": pl.String, "at": pl.Int64}
ROWS = {
    "line": pl.UInt32,
    "series": pl.String,
    "field": pl.String,
    "value": pl.Float64,
    "at": pl.Int64,
}
LINE = re.compile(
    r"((?:\\.|[^ \\])+) +"
    r'((?:\\.|"(?:\\.|[^"\\])*"|[^ "\\])+)'
    r"(?: +(-?\d{1,19}))? *"
)
FIELD = re.compile(r'((?:\\.|[^,=\\])+)=("(?:\\.|[^"\\])*"|[^,"]+)(?:,|$)')
NUMBER = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?(?:nan|inf))[iu]?", re.IGNORECASE
)


class BadPrecision(Invalid):
    """The ``precision`` of a line protocol body is none that is known."""

    code = "bad-precision"


def read(body: bytes, precision: str, now: datetime) -> "LineRows":
    """Take *body* apart. A line without a time is of *now*. Raises BadPrecision."""
    if precision not in MICROSECONDS:
        known = ", ".join(MICROSECONDS)
        raise BadPrecision(f"No precision {precision!r}. Known: {known}")
    times, parts = MICROSECONDS[precision]
    rows, rejected = _by_column(body), []
    if rows is None:
        taken = _Taken(now, times, parts)
        taken.body(body)
        rows, rejected = pl.DataFrame(taken.rows, schema=ROWS, orient="row"), taken.rejected
    elif times > 1:
        rows = rows.with_columns(pl.col("at").clip(-LATEST // times, LATEST // times) * times)
    elif parts > 1:
        rows = rows.with_columns(pl.Series("at", rows["at"].to_numpy() // parts))
    return LineRows(rows, rejected)


def read_several(bodies: Sequence[bytes], precision: str, now: datetime) -> "LineRows":
    """`read` for *bodies* of one sender as one. Lines are numbered through all of them."""
    whole = [body if body.endswith(b"\n") else body + b"\n" for body in bodies]
    parcel = read(b"".join(whole), precision, now)
    parcel.lasts = np.cumsum([body.count(b"\n") for body in whole])
    return parcel


def _by_column(body: bytes) -> pl.DataFrame | None:
    """The ROWS of a plain body, times as sent; None when it is not plain or has a fault."""
    if not body or any(mark in body for mark in (b'"', b"\\", b"#", b"\r")):
        return None
    letters = np.frombuffer(body, np.uint8)
    lines = int(np.count_nonzero(letters == ord("\n"))) + (not body.endswith(b"\n"))
    if np.count_nonzero(letters == ord(" ")) != 2 * lines:
        return None
    try:
        sent = pl.read_csv(body, separator=" ", has_header=False, schema=COLUMNS, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if len(sent) != lines or any(sent.null_count().row(0)) or _longest(sent) > LONGEST_LINE:
        return None
    sent = sent.with_row_index("line", offset=1)
    rows = _of_one_field(sent)
    return _of_many_fields(sent) if rows is None else rows


def _of_one_field(sent: pl.DataFrame) -> pl.DataFrame | None:
    """The rows when every line has one field and all the same; None when not."""
    name, _, _ = sent["fields"][0].partition("=")
    if not name or not sent["fields"].str.starts_with(f"{name}=").all():
        return None
    value = sent["fields"].str.slice(len(name) + 1).cast(pl.Float64, strict=False)
    if value.null_count():
        return None
    return sent.select("line", "series", pl.lit(name).alias("field"), value.alias("value"), "at")


def _of_many_fields(sent: pl.DataFrame) -> pl.DataFrame | None:
    named = sent.with_columns(pl.col("fields").str.split(",")).explode("fields")
    parts = pl.col("fields").str.splitn("=", 2).struct.rename_fields(["field", "text"])
    named = named.select("line", "series", parts.struct.unnest(), "at")
    number = pl.col("text").cast(pl.Float64, strict=False)
    whole = pl.col("text").str.strip_chars_end("iu").cast(pl.Float64, strict=False)
    rows = named.with_columns(value=pl.coalesce(number, whole))
    if rows["value"].null_count() or (rows["field"] == "").any():
        return None
    return rows.select(*ROWS)


def _fields(text: str) -> list[tuple[str, str]] | None:
    """Keys and values; None unless *text* is fields from end to end."""
    found = list(FIELD.finditer(text))
    whole = "".join(field[0] for field in found) == text and not text.endswith(",")
    return [(_plain(field[1]), field[2]) for field in found] if whole else None


def _longest(sent: pl.DataFrame) -> int:
    longest = sent.select(pl.col("series", "fields").str.len_bytes().max()).row(0)
    return int(sum(longest))


class _Taken:
    """Line by line, with the reason for every one that cannot be read."""

    def __init__(self, now: datetime, times: int, parts: int) -> None:
        self.rows: list[tuple[int, str, str, float, int]] = []
        self.rejected: list[Rejected] = []
        self._now = round(now.timestamp() * 1_000_000)
        self._times = times
        self._parts = parts

    def body(self, body: bytes) -> None:
        for number, line in enumerate(body.split(b"\n"), 1):
            line = line.strip(b" \r")
            if line and not line.startswith(b"#"):
                self._line(number, line)

    def _line(self, number: int, line: bytes) -> None:
        text = line[:LONGEST_LINE].decode(errors="replace")
        found = LINE.fullmatch(text) if len(line) <= LONGEST_LINE else None
        fields = _fields(found[2]) if found else None
        if found is None or fields is None or "\ufffd" in text:
            self.rejected.append((number, "bad-row", {"sent": text[:SHOWN]}))
            return
        at = self._now if found[3] is None else self._micros(int(found[3]))
        for name, said in fields:
            value = NUMBER.fullmatch(said)
            if value:
                self.rows.append((number, found[1], name, float(value[1]), at))
            else:
                sent: dict[str, object] = {"property": name, "value": said[:SHOWN]}
                self.rejected.append((number, "not-a-number", sent))

    def _micros(self, time: int) -> int:
        return max(-LATEST, min(LATEST, time * self._times // self._parts))


@dataclass
class LineRows(Parcel):
    """*rows*: line, series (measurement and tags as sent), field, value, at (microseconds)."""

    rows: pl.DataFrame
    rejected: list[Rejected]
    lasts: NDArray[np.int64] | None = None
    """The last line of each body when these are several."""

    def addressed(self, streams: Streams) -> Addressed:
        at, value = self.rows["at"].to_numpy(), self.rows["value"].to_numpy()
        lines = self.rows["line"].to_numpy()
        turn = None if self.lasts is None else np.searchsorted(self.lasts, lines)
        return Addressed(self._positions(streams), at, value, turn=turn)

    def of_each(self) -> list[list[Rejected]]:
        """The rejected rows of each body, numbered within it."""
        assert self.lasts is not None
        each: list[list[Rejected]] = [[] for _body in self.lasts]
        for number, reason, sent in sorted(self.rejected, key=lambda rejected: rejected[0]):
            turn = int(np.searchsorted(self.lasts, number))
            before = int(self.lasts[turn - 1]) if turn else 0
            each[turn].append((number - before, reason, sent))
        return each

    def _positions(self, streams: Streams) -> Numbers:
        """Spelled-out series are looked up once; most senders repeat themselves."""
        field = self.rows["field"]
        is_one = (field[0] == field).all() if len(field) else False
        keys = Keys.of(self.rows["series"], field.head(1) if is_one else field)
        found = streams.spelled(keys)
        new = np.flatnonzero(found < 0)
        if new.size:
            found[new] = self._named(streams, new)
            good = new[found[new] >= 0]
            streams.learn(keys[good], found[good])
        return found

    def _named(self, streams: Streams, which: NDArray[np.intp]) -> Numbers:
        rows = self.rows[which]
        return streams.named(_terminals(rows["series"]), rows["field"])

    def sent(self, which: NDArray[np.intp]) -> list[tuple[int, dict[str, Any]]]:
        rows = self.rows[which].with_columns(
            terminal=_terminals(self.rows["series"].gather(which)),
            value=pl.when(pl.col("value").is_finite()).then(pl.col("value")),
        )
        return [
            (
                row["line"],
                {
                    "terminal": row["terminal"],
                    "property": row["field"],
                    "value": row["value"],
                    "at": said_time(row["at"]),
                },
            )
            for row in rows.iter_rows(named=True)
        ]


def _terminals(series: pl.Series) -> pl.Series:
    """The value of the tag ``terminal``, unescaped; empty without one."""
    distinct = series.unique()
    named = [_terminal(text) for text in distinct]
    return series.replace_strict(distinct, pl.Series(named, dtype=pl.String))


def _terminal(series: str) -> str:
    found = TERMINAL.search(series)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
