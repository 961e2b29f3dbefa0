"""Topic names and topic filters, clause 4.7."""

LONGEST = 0xFFFF


def is_name(topic: str) -> bool:
    """Whether something may be published under *topic*."""
    return 0 < len(topic) <= LONGEST and "+" not in topic and "#" not in topic


def is_filter(wanted: str) -> bool:
    """Whether *wanted* is a topic filter: wildcards stand alone in a level, ``#`` in the last."""
    levels = wanted.split("/")
    return (
        0 < len(wanted) <= LONGEST
        and all(level in ("+", "#") if "+" in level or "#" in level else True for level in levels)
        and "#" not in levels[:-1]
    )


def has_wildcard(wanted: str) -> bool:
    return "+" in wanted or "#" in wanted


def matches(wanted: str, topic: str) -> bool:
    """Whether the filter *wanted* asks for *topic*. Wildcards do not reach topics with ``$``."""
    asked, given = wanted.split("/"), topic.split("/")
    if topic.startswith("$") and asked[0] in ("+", "#"):
        return False
    for place, level in enumerate(asked):
        if level == "#":
            return True
        if place >= len(given) or level not in ("+", given[place]):
            return False
    return len(asked) == len(given)
