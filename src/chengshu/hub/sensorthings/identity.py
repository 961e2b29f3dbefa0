"""How ids are given out: integers below 2**63, as clients keep them in a signed long.

An observation that is a number at a whole millisecond is its row in the lake, and its id tells
where: the stream times 2**42 plus milliseconds since 1970 (until 2109, for 2**21 streams). The
others have a row beside with a number of its own below 2**42. What the ledger says of a terminal
by itself (its place, its sensor, its feature of interest) has the terminal's number plus 2**41.
"""

from datetime import UTC, datetime, timedelta

STREAM = 2**42
OF_LEDGER = 2**41
MOST_STREAMS = 2**21
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def fits(stream: int, at: datetime) -> bool:
    """Whether the lake's row alone can name the observation."""
    since = at - EPOCH
    is_whole = since % MILLISECOND == timedelta(0)
    return is_whole and 0 <= since // MILLISECOND < STREAM and stream < MOST_STREAMS


def of_row(stream: int, at: datetime) -> int:
    """The id of the observation of *stream* at *at*, which is cut to its millisecond."""
    return stream * STREAM + (at - EPOCH) // MILLISECOND


def row_of(number: int) -> tuple[int, datetime] | None:
    """Stream and time of an observation's id; None when it has a row beside."""
    stream, milliseconds = divmod(number, STREAM)
    return (stream, EPOCH + milliseconds * MILLISECOND) if stream else None
