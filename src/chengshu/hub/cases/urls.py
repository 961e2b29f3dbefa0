from django.urls import path, re_path

from . import views

CODE = r"(?P<code>[0-9]{13})"

urlpatterns = [
    path("cases/", views.workbench, name="case-workbench"),
    path("cases/new/", views.new_case, name="case-new"),
    path("cases/similar/", views.similar, name="case-similar"),
    re_path(rf"^cases/{CODE}/$", views.case_page, name="case"),
    re_path(rf"^cases/cases/{CODE}/$", views.case_page),
    re_path(rf"^cases/{CODE}/do/$", views.do, name="case-do"),
    re_path(rf"^cases/{CODE}/reporter/$", views.reveal, name="case-reporter"),
]
