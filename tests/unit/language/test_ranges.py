"""Ranges: what they hold, and how sharp the range of an expression is."""

from __future__ import annotations

import math
import sys

import pytest

from questscore.language import Value, parse
from questscore.language.ranges import Range, spanned

LARGEST = sys.float_info.max
MISSING = Range.exactly(None)
between, exactly = Range.between, Range.exactly


def texts(*members: str) -> Range:
    return Range(texts=frozenset(members))


NAMES: dict[str, Range] = {
    "few": between(0, 3),
    "some": between(2, 8),
    "many": between(10, 40),
    "signed": between(-4, 2),
    "debt": between(-8, -2),
    "any": between(-math.inf, math.inf),
    "up": between(0, math.inf),
    "maybe": between(2, 8).union(MISSING),
    "three": exactly(3.0),
    "plan": exactly("pro"),
    "tier": texts("free", "pro"),
    "words": Range(texts=None),
    "gone": MISSING,
    "mixed": between(1, 2).union(exactly("a")),
    "all": Range.anything(),
}

TRUE, FALSE, EITHER = exactly(1.0), exactly(0.0), between(0, 1)


def or_missing(low: float, high: float) -> Range:
    return between(low, high).union(MISSING)


TABLE: list[tuple[str, Range]] = [
    ("some", between(2, 8)),
    ("prop('some')", MISSING),
    # comparisons are decided when the ranges are apart
    ("some > 1", TRUE),
    ("some > 2", EITHER),
    ("some >= 2", TRUE),
    ("some > 8", FALSE),
    ("some >= 8", EITHER),
    ("some < many", TRUE),
    ("some < 9 < many", TRUE),
    ("some < 9 < 10 > many", FALSE),
    ("few < some", EITHER),
    ("some == many", FALSE),
    ("some != many", TRUE),
    ("some == 5", EITHER),
    ("some != 5", EITHER),
    ("three == 3", TRUE),
    ("three != 3", FALSE),
    ("maybe > 1", EITHER),
    ("maybe > 8", FALSE),
    ("maybe != 9", EITHER),
    ("gone != 9", FALSE),
    ("plan > 3", FALSE),
    ("plan != 3", FALSE),
    ("mixed > 0", EITHER),
    ("mixed > 2", FALSE),
    ("up >= 0", TRUE),
    ("tier == 'pro'", EITHER),
    ("tier == 'team'", FALSE),
    ("tier != 'team'", TRUE),
    ("tier < 'zz'", TRUE),
    ("tier < 'a'", FALSE),
    ("tier == tier", EITHER),
    ("words == 'a'", EITHER),
    ("all < 3", EITHER),
    # lists
    ("some in [1, 9]", FALSE),
    ("some in [1, 5]", EITHER),
    ("some not in [1, 9]", TRUE),
    ("three in [1, 3]", TRUE),
    ("three not in [1, 3]", FALSE),
    ("three in ['3']", FALSE),
    ("three not in ['3']", FALSE),
    ("maybe not in [1, 9]", EITHER),
    ("gone not in [1]", FALSE),
    ("tier in ['pro', 'free', 'team']", TRUE),
    ("tier in ['pro']", EITHER),
    ("tier not in ['team']", TRUE),
    ("mixed not in ['b']", EITHER),
    ("mixed not in [9]", EITHER),
    ("words in ['a']", EITHER),
    # and, or, not
    ("some > 1 and many > 1", TRUE),
    ("some > 5 and many > 50", FALSE),
    ("some > 5 and many > 1", EITHER),
    ("some > 5 or many > 1", TRUE),
    ("some > 9 or many > 50", FALSE),
    ("some > 5 or many > 50", EITHER),
    ("not some > 9", TRUE),
    ("not some > 5", EITHER),
    ("not some", FALSE),
    ("not few", EITHER),
    ("not gone", TRUE),
    ("not tier", FALSE),
    ("not words", EITHER),
    # arithmetic
    ("-some", between(-8, -2)),
    ("-up", between(-LARGEST, 0)),
    ("-plan", MISSING),
    ("some + many", between(12, 48)),
    ("some - many", between(-38, -2)),
    ("some * signed", between(-32, 16)),
    ("debt * signed", between(-16, 32)),
    ("some * many / 10", between(2, 32)),
    ("many / some", between(1.25, 20)),
    ("signed / some", between(-2, 1)),
    ("many / debt", between(-20, -1.25)),
    ("some / few", or_missing(2 / 3, LARGEST)),
    ("some / signed", or_missing(-LARGEST, LARGEST)),
    ("0 / few", or_missing(0, 0)),
    ("0 / -few", or_missing(0, 0)),
    ("some / 0", MISSING),
    ("some / (few * 0)", MISSING),
    ("three / 0", MISSING),
    ("maybe + 1", or_missing(3, 9)),
    ("mixed + 1", or_missing(2, 3)),
    ("gone + some", MISSING),
    ("plan * some", MISSING),
    ("up + 1", between(1, LARGEST)),
    ("up * 2", or_missing(0, LARGEST)),
    ("some * 1e308", MISSING),
    ("three ** 2", exactly(9.0)),
    ("three // 2", exactly(1.0)),
    ("three % 2", exactly(1.0)),
    ("plan % some", MISSING),
    # functions
    ("abs(signed)", between(0, 4)),
    ("abs(debt)", between(2, 8)),
    ("abs(some)", between(2, 8)),
    ("round(some / 3)", between(1, 3)),
    ("floor(some / 3)", between(0, 2)),
    ("ceil(some / 3)", between(1, 3)),
    ("sqrt(some * 2)", between(2, 4)),
    ("sqrt(signed * 8)", or_missing(0, 4)),
    ("sqrt(debt)", MISSING),
    ("log(debt)", MISSING),
    ("log1p(debt)", MISSING),
    ("min(some, many)", between(2, 8)),
    ("max(some, many, 20)", between(20, 40)),
    ("min(maybe, 5)", or_missing(2, 5)),
    ("min(some, gone)", MISSING),
    ("clip(some, 3, 5)", between(3, 5)),
    ("clip(some, 10, 5)", exactly(5.0)),
    ("clip(some, few, many)", between(2, 8)),
    ("coalesce(maybe, 0)", between(0, 8)),
    ("coalesce(some, 100)", between(2, 8)),
    ("coalesce(gone, maybe, plan)", between(2, 8).union(exactly("pro"))),
    ("coalesce(gone, maybe)", or_missing(2, 8)),
    ("is_missing(maybe)", EITHER),
    ("is_missing(some)", FALSE),
    ("is_missing(gone)", TRUE),
    ("is_missing(words)", FALSE),
    ("lower(tier)", texts("free", "pro")),
    ("lower(some)", MISSING),
    ("startswith(tier, 'p')", EITHER),
    ("startswith(plan, 'p')", TRUE),
    ("contains(some, 'p')", MISSING),
    ("weighted_mean(three, 1, three, 3)", exactly(3.0)),
    # choices
    ("some if many > 1 else plan", between(2, 8)),
    ("some if many > 50 else plan", exactly("pro")),
    ("some if many > 20 else plan", between(2, 8).union(exactly("pro"))),
    ("10 * few if few > 0 else 0", between(0, 30)),
]


@pytest.mark.parametrize(("text", "want"), TABLE, ids=[text for text, _ in TABLE])
def test_the_range_of_an_expression(text: str, want: Range) -> None:
    assert spanned(parse(text).tree, NAMES.__getitem__) == want


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("exp(signed)", math.exp(-4), math.exp(2)), ("log(some)", math.log(2), math.log(8))],
)
def test_what_the_c_library_rounds_gets_a_small_margin(text: str, low: float, high: float) -> None:
    found = spanned(parse(text).tree, NAMES.__getitem__)
    assert found.low < low < high < found.high
    assert math.isclose(found.low, low, rel_tol=1e-14)
    assert math.isclose(found.high, high, rel_tol=1e-14)


def test_the_least_numbers_get_a_margin_of_some_steps() -> None:
    found = spanned(parse("exp(x)").tree, lambda name: between(-744, -742))
    assert 0.0 <= found.low < math.exp(-744) < math.exp(-742) < found.high < 1e-300


def test_a_margin_does_not_cross_zero() -> None:
    for text in ("exp(any) >= 0", "log1p(few) >= 0", "log(some - 1) >= 0", "log1p(-few / 4) <= 0"):
        assert spanned(parse(text).tree, NAMES.__getitem__).low == (0.0 if "any" in text else 1.0), text


def test_outside_its_domain_a_logarithm_is_missing_too() -> None:
    found = spanned(parse("log(few)").tree, NAMES.__getitem__)
    assert found.missing
    assert found.low < math.log(5e-324) < math.log(3) < found.high < 1.1


@pytest.mark.parametrize("text", ["some ** signed", "some // few", "some % 3", "weighted_mean(some, 1)"])
def test_what_is_not_followed_is_any_number_or_missing(text: str) -> None:
    found = spanned(parse(text).tree, NAMES.__getitem__)
    assert found.missing
    assert not found.textual
    assert all(found.contains(value) for value in (-LARGEST, 0.0, LARGEST))


def test_what_a_range_holds() -> None:
    held = between(-1, 2.5).union(exactly("a"))
    assert [held.contains(value) for value in (-1.0, 0.0, 2.5, "a")] == [True] * 4
    assert [held.contains(value) for value in (-1.5, 2.6, "b", "", None)] == [False] * 5
    assert all(Range.anything().contains(value) for value in (-LARGEST, LARGEST, "any", "", None))
    assert not any(Range().contains(value) for value in (0.0, "", None))


def test_values_are_read_as_numbers_are() -> None:
    assert exactly(True) == exactly(1.0)
    assert exactly(math.nan) == exactly(math.inf) == MISSING
    assert MISSING.contains(math.nan)
    assert not between(0, math.inf).contains(math.inf)


@pytest.mark.parametrize("value", [0.0, -2.5, 7.0, "", "pro", None])
def test_one_value_is_told(value: Value) -> None:
    held = exactly(value)
    assert held.constant
    assert held.only() == value
    assert held.truth is bool(value)


@pytest.mark.parametrize(
    "held",
    [
        between(0, 1),
        exactly(1.0).union(MISSING),
        exactly("a").union(MISSING),
        exactly("a").union(exactly(1.0)),
        texts("a", "b"),
        Range(texts=None),
        Range.anything(),
        Range(),
    ],
)
def test_what_is_not_one_value_is_refused(held: Range) -> None:
    assert not held.constant
    with pytest.raises(ValueError, match="is not one value"):
        held.only()


@pytest.mark.parametrize(
    ("held", "want"),
    [
        (between(1, 2), True),
        (between(-2, -1), True),
        (between(-1, 1), None),
        (between(1, 2).union(exactly("a")), True),
        (between(1, 2).union(exactly("")), None),
        (between(1, 2).union(MISSING), None),
        (exactly(0.0).union(exactly("")).union(MISSING), False),
        (Range(texts=None), None),
    ],
)
def test_the_truth_of_a_range(held: Range, want: bool | None) -> None:
    assert held.truth is want


def test_a_union_with_nothing_changes_nothing() -> None:
    for held in NAMES.values():
        assert held.union(Range()) == Range().union(held) == held


@pytest.mark.parametrize(
    ("low", "high"), [(1, 0), (math.nan, 1), (0, math.nan), (math.inf, math.inf), (-math.inf, -math.inf)]
)
def test_bounds_without_a_number_between_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="no number lies between"):
        between(low, high)
