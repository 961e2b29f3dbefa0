from django.urls import path

from . import views
from .subscriptions.stream import observations

urlpatterns = [
    path("api/v1/sensing/observations/stream", observations, name="sensing-observations"),
    path(
        "sensing/requests/<str:code>/reuse/<int:number>/",
        views.reuse_candidate,
        name="sensing-reuse-candidate",
    ),
]
