"""Times as GB/T 26875.3-2011 sends them: six plain binary numbers, second first."""

from dataclasses import astuple, dataclass
from datetime import datetime, tzinfo

SIZE = 6


@dataclass(frozen=True)
class Stamp:
    """A wall clock reading as sent; devices send impossible ones, so nothing is checked."""

    second: int
    minute: int
    hour: int
    day: int
    month: int
    year: int
    """Years since 2000."""

    @classmethod
    def read(cls, octets: bytes) -> "Stamp":
        return cls(*octets)

    @classmethod
    def at(cls, moment: datetime) -> "Stamp":
        """The wall clock of *moment* in its own time zone."""
        return cls(
            moment.second, moment.minute, moment.hour, moment.day, moment.month, moment.year - 2000
        )

    @property
    def octets(self) -> bytes:
        return bytes(astuple(self))

    def moment(self, zone: tzinfo) -> datetime | None:
        """The instant when read in *zone*, the zone of the device; None if there is none."""
        try:
            return datetime(
                2000 + self.year,
                self.month,
                self.day,
                self.hour,
                self.minute,
                self.second,
                tzinfo=zone,
            )
        except ValueError:
            return None

    def __str__(self) -> str:
        date = f"{2000 + self.year:04}-{self.month:02}-{self.day:02}"
        return f"{date}T{self.hour:02}:{self.minute:02}:{self.second:02}"
