"""Downloads of what a list shows."""

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chengshu.core.records import exporting
from chengshu.core.records.selection import Selection
from chengshu.kit.errors import NotFound

from .asking import ledger_called, signed_in
from .pieces import PiecesResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def export(request: HttpRequest, app: str, rows: str, form: str) -> HttpResponseBase:
    """All rows of the selection, not the page alone, as csv or xlsx."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    selection = Selection.read(ledger, request.GET)
    name = f"{ledger.name.replace('.', '-')}-{timezone.localtime():%Y%m%d-%H%M}.{form}"
    if form == "csv":
        response = PiecesResponse(
            exporting.as_csv(selection, actor), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    if form == "xlsx":
        file = exporting.as_xlsx(selection, actor)
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    raise NotFound(_("Only csv and xlsx can be exported."))
