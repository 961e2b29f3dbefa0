"""Text that is translated when it is shown."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Words: TypeAlias = "StrOrPromise"
"""A title or sentence for people: a plain string or one marked with ``gettext_lazy``."""
