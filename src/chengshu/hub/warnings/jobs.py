"""The watch over faults that have to last before they count."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.jobs.runner import Progress, job

from .faults import raise_lasting


@job("warnings.raise_lasting_faults", _("Raise faults that last"), schedule="* * * * *")
def raise_lasting_faults(progress: Progress) -> dict[str, Any]:
    """A rule may say for how long a terminal has to be ill before that is a warning."""
    return {"raised": raise_lasting(timezone.now(), timezone.localdate())}
