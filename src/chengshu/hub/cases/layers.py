"""Open cases on the map."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import visible_to
from chengshu.hub.onemap.layer import MOST_FEATURES, Layer, Spot, View, layers

from .models import Case
from .queries import VIEW
from .states import OPEN


def _spots(view: View) -> Iterable[Spot]:
    rows = visible_to(view.within(Case.objects.all()), view.actor, VIEW)
    if view.at is None:
        rows = rows.filter(state__in=OPEN)
    else:
        rows = rows.filter(Q(closed_at=None) | Q(closed_at__gt=view.at), reported_at__lte=view.at)
    for case in rows[: MOST_FEATURES + 1]:
        yield Spot(
            id=case.pk,
            code=case.code,
            name=case.title,
            lon=case.lon or 0.0,
            lat=case.lat or 0.0,
            state=case.state,
            severity=case.severity,
            at=case.reported_at,
            href=reverse("case", args=[case.code]),
        )


layers.add(
    "cases.open",
    Layer(
        name="cases.open",
        title=_("Open cases"),
        group=_("Events"),
        permission=VIEW,
        spots=_spots,
        color_by="state",
        listens=("case.reported", "case.changed", "case.closed"),
    ),
)
