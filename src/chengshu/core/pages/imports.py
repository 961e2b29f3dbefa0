"""Import of a file: send, look at what it would do, confirm."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengshu.core.access.policy import Actor, require
from chengshu.core.records import exporting, merging, uploads
from chengshu.core.records.checking import Checked, check_table
from chengshu.core.records.entries import entries
from chengshu.core.records.ledger import Ledger
from chengshu.core.records.merging import Doubt
from chengshu.core.records.models import Upload
from chengshu.core.records.tables import (
    LARGEST_BYTES,
    MOST_ROWS,
    FileTooLarge,
    WrongFile,
    read_table,
)
from chengshu.kit.errors import CityError, NotFound

from .asking import ledger_called, signed_in
from .exports import XLSX


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, app: str, rows: str) -> HttpResponse:
    """Take a file and show what it would do; nothing is written yet."""
    ledger, actor = _importer(request, app, rows)
    if request.method == "GET":
        return _start(request, ledger, None)
    try:
        name, content = _file(request)
        checked = check_table(ledger, read_table(name, content), actor)
    except (WrongFile, FileTooLarge) as error:
        return _start(request, ledger, error)
    kept = uploads.keep(ledger, name, content, by=actor, at=timezone.now())
    return _preview(request, ledger, kept, checked)


@require_POST
def confirm(request: HttpRequest, app: str, rows: str, number: UUID) -> HttpResponse:
    """Check the file once more and write all of it, or nothing."""
    ledger, actor = _importer(request, app, rows)
    kept = uploads.find(ledger, number, by=actor)
    checked = check_table(ledger, read_table(kept.name, bytes(kept.content)), actor)
    if checked.problem_count:
        return _preview(request, ledger, kept, checked)
    open_ones = merging.doubts(ledger, checked.lines, actor)
    lines = merging.decided(ledger, checked.lines, open_ones, _chosen(request, open_ones))
    assert ledger.import_rows is not None
    done = ledger.import_rows(lines, by=actor, left=len(checked.lines) - len(lines))
    uploads.drop(kept)
    messages.success(request, _("Imported: %(added)s added, %(changed)s changed.") % done)
    return redirect(ledger.address)


def _chosen(request: HttpRequest, open_ones: Sequence[Doubt]) -> dict[int, str]:
    """The word for each line; those beyond the page follow the one for all others."""
    others = request.POST.get("choice-others", "")
    return {doubt.number: request.POST.get(f"choice-{doubt.number}", others) for doubt in open_ones}


@require_GET
def template(request: HttpRequest, app: str, rows: str) -> FileResponse:
    """An empty workbook with the right titles."""
    ledger, _actor = _importer(request, app, rows)
    name = f"{ledger.name.replace('.', '-')}.xlsx"
    file = exporting.template(ledger)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _importer(request: HttpRequest, app: str, rows: str) -> tuple[Ledger, Actor]:
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    if ledger.import_rows is None:
        raise NotFound(_("This ledger does not offer that."))
    require(actor, ledger.permission("import"))
    return ledger, actor


def _file(request: HttpRequest) -> tuple[str, bytes]:
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        raise WrongFile(_("Choose a file first."))
    if (sent.size or 0) > LARGEST_BYTES:
        limit = LARGEST_BYTES // (1024 * 1024)
        raise FileTooLarge(_("The file is larger than %(limit)s MB.") % {"limit": limit})
    return sent.name or "", sent.read()


def _start(request: HttpRequest, ledger: Ledger, error: CityError | None) -> HttpResponse:
    context: dict[str, Any] = {
        "ledger": ledger,
        "entries": entries(ledger),
        "error": error,
        "most_rows": MOST_ROWS,
        "most_megabytes": LARGEST_BYTES // (1024 * 1024),
    }
    return render(request, "pages/import.html", context, status=error.status if error else 200)


def _preview(request: HttpRequest, ledger: Ledger, kept: Upload, checked: Checked) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = [] if checked.problem_count else merging.doubts(ledger, checked.lines, actor)
    context = {
        "ledger": ledger,
        "upload": kept,
        "checked": checked,
        "doubts": found[: merging.MOST_DOUBTS],
        "more_doubts": max(0, len(found) - merging.MOST_DOUBTS),
    }
    return render(request, "pages/import_preview.html", context)
