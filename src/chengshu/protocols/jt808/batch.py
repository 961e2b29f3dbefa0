"""The locations of 0x0704, each behind its length."""

from typing import Any

from chengshu.protocols.jt808.bodies import LocationBatch
from chengshu.protocols.jt808.location import (
    Location,
    location_json,
    parse_location,
    write_location,
)
from chengshu.protocols.jt808.shapes import take


def parse_batch(octets: bytes) -> LocationBatch:
    """The whole locations; from the first damaged one on, everything is the remainder.

    Raises ValueError without count and type.
    """
    head = take(octets, 0, 3)
    count = int.from_bytes(head[:2], "big")
    locations: list[Location] = []
    at = 3
    while at + 2 <= len(octets) and len(locations) < count:
        end = at + 2 + int.from_bytes(octets[at : at + 2], "big")
        if end > len(octets):
            break
        try:
            locations.append(parse_location(octets[at + 2 : end]))
        except ValueError:
            break
        at = end
    return LocationBatch(count, head[2], tuple(locations), octets[at:])


def write_batch(batch: LocationBatch) -> bytes:
    written = [write_location(location) for location in batch.locations]
    listed = b"".join(len(octets).to_bytes(2, "big") + octets for octets in written)
    return batch.count.to_bytes(2, "big") + bytes([batch.type]) + listed + batch.remainder


def batch_json(batch: LocationBatch) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "count": batch.count,
        "type": batch.type,
        "locations": [location_json(location) for location in batch.locations],
    }
    if batch.remainder:
        fields["remainder_hex"] = batch.remainder.hex()
    return fields
