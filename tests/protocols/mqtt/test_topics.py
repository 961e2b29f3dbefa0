import pytest

from chengshu.protocols.mqtt.topics import is_filter, is_name, matches


@pytest.mark.parametrize("topic", ["a", "/", "a//b", "$SYS/x", "城/温度"])
def test_a_topic_name_is_any_text_without_wildcards(topic: str):
    assert is_name(topic)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a" * 65_536])
def test_wildcards_and_nothing_are_no_topic_name(topic: str):
    assert not is_name(topic)


@pytest.mark.parametrize("wanted", ["#", "+", "a/+/c", "a/#", "+/+/#", "/"])
def test_wildcards_stand_alone_in_their_level(wanted: str):
    assert is_filter(wanted)


@pytest.mark.parametrize("wanted", ["", "a+", "a/b#", "#/a", "a/#/c", "a/+b/c"])
def test_other_wildcards_are_no_filter(wanted: str):
    assert not is_filter(wanted)


@pytest.mark.parametrize(
    ("wanted", "topic"),
    [("a/b", "a/b"), ("a/+", "a/b"), ("a/#", "a"), ("a/#", "a/b/c"), ("#", "a"), ("+/+", "/a")],
)
def test_a_filter_asks_for_a_topic(wanted: str, topic: str):
    assert matches(wanted, topic)


@pytest.mark.parametrize(
    ("wanted", "topic"),
    [
        ("a/b", "a"),
        ("a", "a/b"),
        ("a/+", "a"),
        ("a/+", "a/b/c"),
        ("#", "$SYS/x"),
        ("+/x", "$SYS/x"),
    ],
)
def test_a_filter_does_not_ask_for_another_topic(wanted: str, topic: str):
    assert not matches(wanted, topic)
