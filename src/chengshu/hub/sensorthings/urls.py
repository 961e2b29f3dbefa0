from django.urls import re_path

from .naming import VERSION
from .views import sensorthings

urlpatterns = [re_path(rf"^sta/{VERSION}(?:/(?P<path>.*))?$", sensorthings, name="sensorthings")]
