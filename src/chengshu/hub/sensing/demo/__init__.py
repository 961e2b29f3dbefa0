"""What sensing adds to the demonstration city: rules, devices of many kinds, history, requests."""

from chengshu.core.demo.part import DemoCity, DemoPart, register

from .fleets import equip
from .history import remember
from .rejected import misspeak
from .requests import make_requests
from .rules import set_rules
from .spoken import equip_spoken


def _equip(city: DemoCity) -> None:
    equip(city, by=city.by)


def _equip_spoken(city: DemoCity) -> None:
    equip_spoken(city, by=city.by)


def _set_rules(city: DemoCity) -> None:
    set_rules(city, by=city.by)


register(DemoPart("sensing.rules", "ledgers", _set_rules))
register(DemoPart("sensing.fleets", "ledgers", _equip))
register(DemoPart("sensing.devices", "ledgers", _equip_spoken))
register(DemoPart("sensing.history", "history", remember))
register(DemoPart("sensing.requests", "work", make_requests))
register(DemoPart("sensing.rejected", "work", misspeak))
