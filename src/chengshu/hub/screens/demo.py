"""What the demonstration city calls itself, clearly marked."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.demo.part import DemoCity, DemoPart, register

from .models import CityProfile


@action("screens.name_demo_city", _("Name the demonstration city"))
def name_city(name: str, *, by: Actor) -> CityProfile:
    """Give the city its title, unless it has one."""
    found = CityProfile.objects.first()
    return found or CityProfile.objects.create(
        title=_now("%(city)s city brain") % {"city": name},
        subtitle=_now("Invented city, simulated data"),
        is_simulated=True,
    )


def _build(city: DemoCity) -> None:
    name_city(city.root.name, by=city.by)


register(DemoPart("screens.name", "ledgers", _build))
