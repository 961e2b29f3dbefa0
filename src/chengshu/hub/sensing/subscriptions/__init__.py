"""Observations handed on as they become durable: by webhook and as server-sent events."""
