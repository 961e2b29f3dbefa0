import numpy as np
import polars as pl
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LakeConfig(AppConfig):
    name = "chengshu.core.lake"
    label = "lake"
    verbose_name = _("Lake")

    def ready(self) -> None:
        # polars gets hold of numpy at the first use; several threads must not do so at once
        pl.Series(np.empty(0))
