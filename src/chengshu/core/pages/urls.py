"""Addresses of the ledger pages, at the end of the address plan: special pages come before."""

from django.urls import path

from . import editing, exports, imports, lists, pressing, records

VIEWS = "<slug:app>/<slug:rows>/"

urlpatterns = [
    path(VIEWS, lists.ledger_list, name="ledger"),
    path(f"{VIEWS}-/new/", editing.add, name="record-add"),
    path(f"{VIEWS}-/export.<str:form>", exports.export, name="ledger-export"),
    path(f"{VIEWS}-/import/", imports.upload, name="ledger-import"),
    path(f"{VIEWS}-/import/template.xlsx", imports.template, name="ledger-template"),
    path(f"{VIEWS}-/import/<uuid:number>/", imports.confirm, name="ledger-import-confirm"),
    path(f"{VIEWS}-/options/<slug:name>/", lists.options, name="ledger-options"),
    path(f"{VIEWS}-/do/<slug:button>/", pressing.press_many, name="ledger-press"),
    path(f"{VIEWS}<str:key>/", records.record, name="record"),
    path(f"{VIEWS}<str:key>/edit/", editing.change, name="record-change"),
    path(f"{VIEWS}<str:key>/retire/", editing.retire, name="record-retire"),
    path(f"{VIEWS}<str:key>/do/<slug:button>/", pressing.press, name="record-press"),
]
