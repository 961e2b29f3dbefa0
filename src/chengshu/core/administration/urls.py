"""Addresses of the administrators' special pages, before those of the ledgers."""

from django.urls import path

from . import views

urlpatterns = [
    path("admin/", views.index, name="administration"),
    path("admin/users/<str:username>/password/", views.password, name="password-reset"),
    path("admin/tokens/-/new/", views.new_token, name="token-new"),
    path("admin/places/-/outlines/", views.import_outlines, name="place-outlines"),
    path("admin/audit/-/check/", views.check_trail, name="trail-check"),
]
