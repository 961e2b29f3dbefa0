"""What sensing adds to the demonstration city: devices of many kinds, and their history."""

from chengshu.core.demo.part import DemoCity, DemoPart, register

from .fleets import equip
from .history import remember


def _equip(city: DemoCity) -> None:
    equip(city, by=city.by)


register(DemoPart("sensing.fleets", "ledgers", _equip))
register(DemoPart("sensing.history", "history", remember))
