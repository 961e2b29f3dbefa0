"""The entrance for observations: its own process, several protocols, one road into the lake."""
