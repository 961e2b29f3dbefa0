"""Numbers that people read out: date and sequence, without gaps or doubles."""

from datetime import date

from django.db import connection

from chengshu.kit.ids import serial_number

TAKE = """
INSERT INTO warnings_dailyserial (series, day, last) VALUES (%s, %s, %s)
ON CONFLICT (series, day) DO UPDATE SET last = warnings_dailyserial.last + EXCLUDED.last
RETURNING last
"""


def take(series: str, day: date, count: int = 1, *, prefix: str = "") -> list[str]:
    """The next *count* numbers of *series* on *day*; the series waits for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [series, day, count])
        last = cursor.fetchone()[0]
    return [
        serial_number(day, number, prefix=prefix) for number in range(last - count + 1, last + 1)
    ]
