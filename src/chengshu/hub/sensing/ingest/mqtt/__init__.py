"""The MQTT entrance: an embedded broker for terminals, or a subscriber of the city's broker."""
