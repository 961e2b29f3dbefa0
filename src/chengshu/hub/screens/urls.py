from django.urls import path

from . import views

urlpatterns = [
    path("screen/", views.cockpit, name="screen"),
    path("map/", views.one_map, name="map"),
]
