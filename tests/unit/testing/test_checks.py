"""Running checks: one by one, all at once, with failures that are expected, for pytest and without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from attrs import field, frozen

from questscore import (
    Context,
    Count,
    Event,
    EventRule,
    Rollup,
    Sessions,
    SignalDefinition,
    Since,
    TierRule,
)
from questscore.language import Value
from questscore.testing.checks import (
    CHECKS,
    check_rule,
    check_signal,
    parametrize_rule,
    parametrize_signal,
    rule_checks,
    signal_checks,
)
from support.wrong_plugins import Dice, Infinite, NoKind, Right, RightRule

REASON = {
    "can_be_registered": "it is used from Python alone",
    "text_round_trip": "it has no text",
    "restored": "a file holds text",
}


def test_there_are_some_thirty_checks_and_each_says_what_must_hold() -> None:
    checks = list(signal_checks(Right("x")))
    assert [check.name for check in checks] == list(CHECKS)
    assert len({check.about for check in checks}) == len(CHECKS) >= 20
    assert str(checks[0]) == f"Right(x)-{checks[0].name}"


def test_the_reference_tells_each_check_in_its_own_words() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "plugins.md").read_text()
    for check in signal_checks(Right("x")):
        said = " ".join(check.about.replace("``", "`").split())
        assert f"| `{check.name}` | {said} |" in page


def test_every_failure_is_told_with_its_check() -> None:
    with pytest.raises(AssertionError) as caught:
        check_signal(Infinite("x"))
    first, *lines = str(caught.value).splitlines()
    assert first.endswith(f"of {len(CHECKS)} checks failed")
    assert "Infinite(x)-finite: it gave an infinite number" in lines
    assert "  must hold: It gives a finite number, a text (a signal) or None, at every instant." in lines


def test_an_expected_failure_carries_its_reason_and_must_fail() -> None:
    check_signal(NoKind("x"), expected_failures=REASON)
    with pytest.raises(AssertionError, match=r"holds, though it is expected to fail: no idea"):
        check_signal(Right("x"), expected_failures={"shown": "no idea"})
    with pytest.raises(ValueError, match="why 'shown' is expected to fail is not said"):
        check_signal(Right("x"), expected_failures={"shown": " "})
    with pytest.raises(ValueError, match="no check 'showm'; the nearest is 'shown'"):
        check_signal(Right("x"), expected_failures={"showm": "no idea"})


def test_some_checks_may_be_chosen() -> None:
    check_signal(Dice("x"), only="shown, documented")
    with pytest.raises(ValueError, match="no check 'all'"):
        check_signal(Dice("x"), only="all")


def test_parameters_of_a_class_are_guessed_where_that_can_be_done() -> None:
    check_signal(Count, Since, Sessions, only="finite, lowering")
    check_rule(EventRule, only="finite, lowering")
    with pytest.raises(TypeError, match="no example of Rollup: what of, by may be is not known; pass one"):
        check_signal(Rollup)
    with pytest.raises(TypeError, match="no example of TierRule"):
        check_rule(TierRule)
    with pytest.raises(TypeError, match="7 is no signal and no rule"):
        check_signal(7)  # type: ignore[arg-type]


def test_what_a_signal_reads_stands_beside_it() -> None:
    of_one = Count("of_one", on="login", scope="member")
    check_signal(Rollup("x", of="of_one", by="sum"), beside=[of_one], only="lowering, names_what_exists")
    with pytest.raises(AssertionError, match="of_one"):
        check_signal(Rollup("x", of="of_one", by="sum"), subject="account", only="lowering")


@frozen
class Most(SignalDefinition):
    """The most that a member has of something.

    Args:
        of: Which member signal.
        tells: Whether it says that it reads it.
    """

    kind: ClassVar[str] = "test_most"
    over_members: ClassVar[bool] = True
    of: str = field(kw_only=True)
    tells: bool = field(default=True, kw_only=True)

    def reads(self) -> tuple[tuple[str, str], ...]:
        return ((self.of, "of"),) if self.tells else ()

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = [member.signal(self.of, at) for member in context.members(at)]
        return max((value for value in found if isinstance(value, float)), default=None)


@frozen
class LastAt(SignalDefinition):
    """Epoch seconds of the last event."""

    kind: ClassVar[str] = "test_last_at"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return events[-1].time / 1e6 if events else None


def test_large_values_that_lie_close_together_make_levels_of_their_own() -> None:
    def log(seed: int) -> list[Event]:
        return [Event("login", 10**15 + i * 60_000_000 + j, user=f"u{j}") for i in range(2) for j in range(4)]

    check_signal(LastAt("x"), events=log, only="levels")


def test_a_kind_of_others_may_roll_members_up_and_has_to_say_what_of() -> None:
    of_one = Count("of_one", on="login", scope="member", window="3d")
    check_signal(Most("x", of="of_one"), beside=[of_one])
    with pytest.raises(AssertionError, match="it reads the signal 'of_one', and reads"):
        check_signal(Most("x", of="of_one", tells=False), beside=[of_one], only="declares_what_it_reads")


def test_events_may_be_brought() -> None:
    seeds: list[int] = []

    def mine(seed: int) -> list[Event]:
        seeds.append(seed)
        return [Event("login", 10**15 + i * 10**11, user="ada", account="acme") for i in range(6)]

    check_signal(Right("x"), events=mine)
    assert seeds
    with pytest.raises(AssertionError, match="the events that were given are none"):
        check_signal(Right("x"), events=lambda seed: [], only="lowering")


@parametrize_signal(Right("x"), expected_failures={})
def test_each_check_is_a_test(check: object) -> None:
    assert callable(check)


@parametrize_signal(NoKind("x"), expected_failures=REASON)
def test_an_expected_failure_is_an_expected_failure_of_pytest(check: object) -> None:
    assert callable(check)
    check()


def test_the_tests_are_called_by_kind_and_check() -> None:
    (_, cases) = parametrize_rule(RightRule("x"), expected_failures={"shown": "no idea"}).args
    assert [case.id for case in cases] == [str(check) for check in rule_checks(RightRule("x"))]
    (marked,) = [case for case in cases if case.marks]
    assert marked.id == "RightRule(x)-shown"
    assert marked.marks[0].kwargs == {"reason": "no idea", "strict": True}


def test_the_checks_need_neither_pytest_nor_hypothesis() -> None:
    code = (
        "import sys\n"
        "for name in ('pytest', 'hypothesis', 'pyarrow', 'pandas', 'polars'): sys.modules[name] = None\n"
        "from questscore import Count, EventRule, MissingExtra\n"
        "from questscore.testing import check_rule, check_signal, parametrize_signal\n"
        "check_signal(Count('x', on='login'), only='shown, lowering, restored')\n"
        "check_rule(EventRule('x', on='login', points=1), only='shown, lowering')\n"
        "try:\n    parametrize_signal(Count('x', on='login'))\n"
        "except MissingExtra as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install pytest" in done.stdout
