"""Small parts of pages."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of ``static/pages/icons.svg``; it says nothing that the text beside does not."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("pages/icons.svg"),
        name,
    )


@register.filter
def unlocalized(number: float) -> str:
    """A number for a machine to read: a point, no grouping."""
    return format(number, ".10g")
