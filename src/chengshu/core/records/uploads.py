"""Uploads: files between the preview of an import and its confirmation."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor
from chengshu.kit.errors import NotFound

from .ledger import Ledger
from .models import Upload

KEPT = timedelta(hours=2)


class UploadGone(NotFound):
    """Confirmed already, too old, or somebody else's."""

    code = "upload-gone"


def keep(ledger: Ledger, name: str, content: bytes, *, by: Actor, at: datetime) -> Upload:
    """Keep *content* for the confirmation; what nobody confirmed in time goes."""
    Upload.objects.filter(at__lt=at - KEPT).delete()
    return Upload.objects.create(
        ledger=ledger.name, actor=by.name, name=name[-120:], content=content, at=at
    )


def find(ledger: Ledger, number: UUID, *, by: Actor) -> Upload:
    """The upload *number* that *by* sent. Raises UploadGone."""
    found = Upload.objects.filter(pk=number, ledger=ledger.name, actor=by.name).first()
    if found is None:
        raise UploadGone(_("This upload is gone: send the file again."))
    return found


def drop(upload: Upload) -> None:
    """Forget *upload*: it has been imported."""
    upload.delete()
