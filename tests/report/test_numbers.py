import math

import pytest

from mojo.report import numbers


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (9.26123, 0.11, "9.26"),  # two digits of 0.11 are hundredths
        (11512.3, 250, "11510"),  # two digits of 250 are tens
        (-0.00012345, 1e-6, "−0.0001234"),  # 1.0e-6 has its second digit at 1e-7; halves go to even
        (1.2345678e-9, 1e-12, "1.2346·10⁻⁹"),
        (3.0, 0.0, "3"),  # values that do not vary are exact
        (0.0, 0.1, "0"),
    ],
)
def test_digits_end_at_the_second_digit_of_the_uncertainty(value, uncertainty, text):
    assert numbers.known(value, uncertainty) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "not a number"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (None, "–"),
        (0.1 + 0.2, "0.3"),
        (1e300, "1·10³⁰⁰"),
        (2.5e-310, "2.5·10⁻³¹⁰"),
        (123456789012.0, "1.2346·10¹¹"),
    ],
)
def test_numbers_of_any_size_have_words(value, text):
    assert numbers.significant(value) == text


def test_a_share_that_is_not_quite_everything_does_not_look_like_it():
    assert [numbers.share(value) for value in (1, 0.5, 0.9967, -0.99999, 0.949)] == [
        "1",
        "0.5",
        "0.9967",
        "−0.9999",
        "0.95",
    ]


def test_a_number_and_its_unit_stay_on_one_line():
    assert numbers.measured(30.0, "°") == "30\u00a0°" and numbers.measured(1.5, None) == "1.5"
    assert numbers.measured(float("nan"), "N") == "not a number" and numbers.measured(None, "N") == "–"
    text = "tilt at most 30 m in the last 2 min, in at least 95 % of trials"
    assert numbers.unbroken(text, "m") == text.replace("30 m", "30\u00a0m").replace("95 %", "95\u00a0%")


def test_durations_are_told_in_the_unit_a_person_would_choose():
    told = [numbers.duration(seconds) for seconds in (0.0123, 45, 400, 20_000, 1e6, None)]
    assert told == ["12.3 ms", "45 s", "6.67 min", "5.56 h", "11.6 days", "–"]


def test_ranges_join_neighbours_and_end_after_the_limit():
    assert numbers.ranges([1, 2, 3, 7, 9, 10]) == "1–3, 7, 9–10"
    assert numbers.ranges(range(0, 100, 2), limit=2) == "0, 2 and 48 more"


def test_long_names_keep_both_ends():
    short = numbers.shortened("a" * 200 + "z" * 100, 30)
    assert len(short) == 30 and short.startswith("aaa") and short.endswith("zzz")
