"""Each wrong plugin is found by the check that is meant for it; right ones by none."""

from __future__ import annotations

import pytest

from questscore import Rule, SignalDefinition
from questscore.testing.checks import CHECKS, Check, check_rule, check_signal, rule_checks, signal_checks
from support.wrong_plugins import RIGHT, WRONG


def checks_of(part: SignalDefinition | Rule) -> dict[str, Check]:
    found = rule_checks(part) if isinstance(part, Rule) else signal_checks(part)
    return {check.name: check for check in found}


@pytest.mark.parametrize("part", RIGHT, ids=lambda part: type(part).__name__)
def test_a_right_one_passes_every_check(part: SignalDefinition | Rule) -> None:
    check_rule(part) if isinstance(part, Rule) else check_signal(part)


@pytest.mark.parametrize(("part", "caught_by"), WRONG, ids=lambda value: getattr(type(value), "__name__", ""))
def test_a_wrong_one_is_caught_by_the_check_meant_for_it(
    part: SignalDefinition | Rule, caught_by: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        checks_of(part)[caught_by]()
    assert str(caught.value).startswith(f"{type(part).__name__}(x)-{caught_by}: ")


def test_the_checks_that_no_wrong_one_is_meant_for_are_few() -> None:
    """What they look for cannot be made wrong through the doors that a plugin has: it is the engine's own."""
    assert set(CHECKS) - {caught_by for _, caught_by in WRONG} == {
        "any_order",
        "duplicates",
        "forgets",
        "looks_ahead",
        "merges",
    }
