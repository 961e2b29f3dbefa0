"""What SensorThings knows and the sensing ledger does not."""

from .described import FeatureOfInterest, Location, Sensor
from .observations import Observation
from .streams import DatastreamDetails, MultiDatastream, MultiProperty, PropertyDetails
from .things import HistoricalLocation, ThingDetails

__all__ = [
    "DatastreamDetails",
    "FeatureOfInterest",
    "HistoricalLocation",
    "Location",
    "MultiDatastream",
    "MultiProperty",
    "Observation",
    "PropertyDetails",
    "Sensor",
    "ThingDetails",
]
