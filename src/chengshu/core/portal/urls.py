"""Addresses of the way in."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.portal, name="portal"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("password/", views.change_password, name="change-password"),
]
