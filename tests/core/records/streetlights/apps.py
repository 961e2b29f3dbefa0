from django.apps import AppConfig


class StreetlightsConfig(AppConfig):
    name = "tests.core.records.streetlights"
    label = "streetlights"
    verbose_name = "Street lighting"
