"""Codes of people, bodies, places, vehicles and licences: parse, check, convert.

Every module has ``parse(text)``, which gives a frozen dataclass or raises its own subclass of
:class:`chengshu.kit.errors.Invalid`; ``where["part"]`` then names the part that is wrong.
"""
