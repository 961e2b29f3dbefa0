"""What the environment asks its people to settle."""

from django.utils.translation import gettext_lazy as _

from chengshu.hub.cases.case_type import Condition, DeclaredType, register
from chengshu.kit.calendar.limits import Limit, LimitUnit

from .domain import AIR_POLLUTION

register(
    DeclaredType(
        code=AIR_POLLUTION,
        name=_("Air pollution"),
        group=_("Environment"),
        is_urgent=True,
        conditions=(
            Condition(
                limit=Limit(4, LimitUnit.CLOCK_HOURS),
                text=_("A pollutant stays above the limit of its warning"),
                closing=_("The source is found and stopped, or the air is clean again"),
            ),
        ),
    )
)
