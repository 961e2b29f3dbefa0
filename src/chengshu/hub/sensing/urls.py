from django.urls import path

from . import views
from .health import page
from .subscriptions.stream import observations

urlpatterns = [
    path("api/v1/sensing/observations/stream", observations, name="sensing-observations"),
    path("sensing/health/", page.health_board, name="sensing-health"),
    path(
        "sensing/requests/<str:code>/reuse/<int:number>/",
        views.reuse_candidate,
        name="sensing-reuse-candidate",
    ),
]
