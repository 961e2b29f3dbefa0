"""Reading and checking the audit trail."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor
from chengshu.core.actions.action import action, note
from chengshu.core.audit import chain


@action("audit.verify_trail", _("Check the audit trail"), duty=Duty.AUDIT)
def verify_trail(*, by: Actor) -> chain.Report:
    """Walk the whole chain; what is found goes into the trail."""
    report = chain.verify()
    note(lines=report.lines, broken_at=report.broken_at, seal=report.seal)
    return report
