from django.urls import path

from . import views

urlpatterns = [
    path(
        "sensing/requests/<str:code>/reuse/<int:number>/",
        views.reuse_candidate,
        name="sensing-reuse-candidate",
    ),
]
