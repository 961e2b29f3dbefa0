"""What is counted of the MQTT entrance, beside the rows."""

from prometheus_client import Counter, Gauge

MESSAGES = Counter("chengshu_mqtt_messages", "Messages received", ["qos"])
CONNECTIONS = Gauge("chengshu_mqtt_connections", "Clients connected to the embedded broker")
ENDED = Counter("chengshu_mqtt_ended", "Connections that the entrance refused or ended", ["why"])
UNHEARD = Counter("chengshu_mqtt_unheard", "Messages that a slow subscriber missed")
REPEATED = Counter("chengshu_mqtt_parcels_repeated", "Parcels that had to be handed in again")
