"""Every ledger that declares points is a layer, unless an app draws its own under that name."""

from collections.abc import Iterable
from dataclasses import astuple
from functools import partial

from chengshu.core.records.layer import features
from chengshu.core.records.ledger import Ledger, ledgers

from .layer import Layer, Spot, View, layers


def known_layers() -> dict[str, Layer]:
    """All layers by name."""
    drawn = {ledger.name: _layer(ledger) for ledger in ledgers if ledger.layer is not None}
    return drawn | dict(layers.items())


def _layer(ledger: Ledger) -> Layer:
    return Layer(
        name=ledger.name,
        title=ledger.title,
        group=ledger.model._meta.app_config.verbose_name,
        permission=ledger.permission("view"),
        spots=partial(_spots, ledger),
    )


def _spots(ledger: Ledger, view: View) -> Iterable[Spot]:
    box = astuple(view.box) if view.box else None
    color_by = ledger.layer.color_by if ledger.layer else ""
    for feature in features(ledger, view.actor, box, view.at, view.place)["features"]:
        facts = feature["properties"]
        lon, lat = feature["geometry"]["coordinates"]
        yield Spot(
            id=feature["id"],
            code=facts["code"],
            name=facts["name"],
            lon=lon,
            lat=lat,
            state=str(facts.get(color_by) or ""),
            state_title=facts.get("label", ""),
            href=facts["address"],
        )
