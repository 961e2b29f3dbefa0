from django.urls import path

from . import views

urlpatterns = [
    path("warnings/in-force/", views.in_force, name="rules-in-force"),
    path("warnings/<str:code>/dismiss/", views.dismiss, name="warning-dismiss"),
    path("warnings/<str:code>/escalate/", views.escalate, name="warning-escalate"),
]
