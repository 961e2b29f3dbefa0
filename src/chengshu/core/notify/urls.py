"""The address of the stream."""

from django.urls import path

from .views import stream

urlpatterns = [path("api/v1/stream", stream, name="stream")]
