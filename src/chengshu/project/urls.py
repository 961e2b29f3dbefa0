"""The address plan."""

from django.urls import URLPattern, URLResolver, include, path

from chengshu.core.records.web_api import build

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("chengshu.core.notify.urls")),
    path("api/v1/", build().urls),
    path("", include("chengshu.core.portal.urls")),
    path("", include("chengshu.core.administration.urls")),
    path("", include("chengshu.hub.screens.urls")),
    path("", include("chengshu.hub.sensing.urls")),
    path("", include("chengshu.hub.sensorthings.urls")),
    path("", include("chengshu.hub.warnings.urls")),
    path("", include("chengshu.hub.cases.urls")),
    path("", include("chengshu.core.pages.urls")),
]
handler400 = "chengshu.core.pages.failures.bad_request"
handler403 = "chengshu.core.pages.failures.not_allowed"
handler404 = "chengshu.core.pages.failures.not_found"
handler500 = "chengshu.core.pages.failures.broken"
