"""Small parts of pages."""

import re
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of ``static/pages/icons.svg``; it says nothing that the text beside does not.

    An unknown *name* draws a list.
    """
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("pages/icons.svg"),
        name if name in _drawings() else "list",
    )


@cache
def _drawings() -> frozenset[str]:
    found = finders.find("pages/icons.svg")
    assert isinstance(found, str)
    return frozenset(re.findall(r'<symbol id="([^"]+)"', Path(found).read_text()))


@register.filter
def unlocalized(number: float) -> str:
    """A number for a machine to read: a point, no grouping."""
    return format(number, ".10g")
