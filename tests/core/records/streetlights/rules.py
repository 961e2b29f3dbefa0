"""What the lamps' ledger knows of its own: no lamp over 999 W, twins by name."""

from collections.abc import Iterator, Sequence

from chengshu.core.records.writing import Fault, Twin

from .models import Lamp


def faults(lamps: Sequence[Lamp]) -> Iterator[Fault]:
    for index, lamp in enumerate(lamps):
        if (lamp.watts or 0) > 999:
            yield Fault(index, "watts", "too bright")


def twins(lamps: Sequence[Lamp]) -> Iterator[Twin]:
    known = {lamp.name: lamp for lamp in Lamp.objects.all()}
    for index, lamp in enumerate(lamps):
        if lamp.name in known:
            yield Twin(index, known[lamp.name], "same name")
