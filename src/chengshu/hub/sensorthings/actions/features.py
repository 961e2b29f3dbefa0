"""Features of interest that are made from places."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action

from ..models import FeatureOfInterest, Location

MAKE_FEATURE = "sensorthings.make_feature"


@action(MAKE_FEATURE, _("Make a feature of interest from a location"))
def feature_of_location(location: Location, *, by: Actor) -> FeatureOfInterest:
    """The one feature of *location*, made when first asked for (OGC 18-088, 10.2)."""
    feature, _is_new = FeatureOfInterest.objects.get_or_create(
        location=location,
        defaults={
            "name": f"Generated using location details: {location.name}",
            "description": f"Generated using location details: {location.description}",
            "encoding": location.encoding,
            "feature": location.location,
            "place_id": location.place_id,
            "owner_id": location.owner_id,
            "grade": location.grade,
        },
    )
    return feature
