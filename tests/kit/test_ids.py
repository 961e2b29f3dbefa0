from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit import ids

NOISE = bytes(range(10))
noises = st.binary(min_size=10, max_size=10)


def test_example_of_the_standard_is_made():
    made = ids.new_id(0x017F22E279B0, (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10, "big"))

    assert made == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(st.integers(0, (1 << 48) - 1), noises)
def test_id_is_of_version_seven_and_the_standard_variant(now_ms, noise):
    made = ids.new_id(now_ms, noise)

    assert (made.version, made.variant) == (7, uuid4().variant)


@given(st.integers(0, 250_000_000_000_000), noises)
def test_id_tells_when_it_was_made(now_ms, noise):
    made = ids.new_id(now_ms, noise)

    assert ids.made_at(made) - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=now_ms)


@given(st.integers(0, (1 << 48) - 2), noises, noises)
def test_later_id_sorts_after_an_earlier_one(now_ms, noise, other):
    earlier, later = ids.new_id(now_ms, noise), ids.new_id(now_ms + 1, other)

    assert earlier < later
    assert str(earlier) < str(later)


@pytest.mark.parametrize(("now_ms", "noise"), [(-1, NOISE), (1 << 48, NOISE), (0, NOISE[:9])])
def test_time_or_noise_that_does_not_fit_is_refused(now_ms, noise):
    with pytest.raises(ValueError, match="An id"):
        ids.new_id(now_ms, noise)


def test_fresh_ids_differ_and_are_of_now():
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    made = {ids.fresh_id() for _ in range(1000)}

    assert len(made) == 1000
    assert all(before <= ids.made_at(one) <= datetime.now(UTC) for one in made)


def test_id_without_a_time_is_refused():
    with pytest.raises(ValueError, match="version 7"):
        ids.made_at(uuid4())


def test_serial_number_is_prefix_date_and_sequence():
    number = ids.serial_number(date(2026, 11, 21), 42, prefix="AJ")

    assert number == "AJ2026112100042"


def test_sequence_that_no_longer_fits_is_refused():
    with pytest.raises(OverflowError):
        ids.serial_number(date(2026, 11, 21), 1000, digits=3)


def test_sequence_before_the_first_is_refused():
    with pytest.raises(ValueError, match="begins with 1"):
        ids.serial_number(date(2026, 11, 21), 0)
