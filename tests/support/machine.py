"""ScorerMachine: a scorer and the definition taken through steps that Hypothesis chooses.

Lives here: the machine; each of its rules draws one step of a play and takes it.
Lives elsewhere: drawing (`dice`), taking and comparing (`play`), how many runs (``laws/test_scorer.py``,
``benchmarks.simulation``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from support.dice import Dice, first_play
from support.play import Play, Step
from support.shrink_play import smaller, written

LENGTH = 50
dice = st.integers(0, 2**32 - 1)


class ScorerMachine(RuleBasedStateMachine):
    """One play: a model first, then steps of every sort.

    Attributes:
        seen: How often each step was taken by the machines of this class, and what came of it.
        failed: The last play that failed.
    """

    seen: ClassVar[Counter[str]] = Counter()
    failed: ClassVar[Play | None] = None

    @initialize(number=dice)
    def begins(self, number: int) -> None:
        """A model, and where and when it is set."""
        self.play, self.stage = first_play(Random(number))

    def take(self, draw: Callable[[Dice], Step], number: int) -> None:
        """Draws a step and takes it."""
        try:
            self.play.do(draw(Dice(self.play, self.stage, Random(number))))
        except Exception:
            type(self).failed = self.play
            raise

    @rule(number=dice)
    def happens(self, number: int) -> None:
        self.take(Dice.happens, number)

    @rule(number=dice)
    def happens_too(self, number: int) -> None:
        self.take(Dice.happens, number)

    @rule(number=dice)
    def happens_as_well(self, number: int) -> None:
        self.take(Dice.happens, number)

    @rule(number=dice)
    def happens_once_more(self, number: int) -> None:
        self.take(Dice.happens, number)

    @rule(number=dice)
    def comes_late(self, number: int) -> None:
        self.take(Dice.comes_late, number)

    @rule(number=dice)
    def comes_again(self, number: int) -> None:
        self.take(Dice.comes_again, number)

    @rule(number=dice)
    def is_broken(self, number: int) -> None:
        self.take(Dice.is_broken, number)

    @rule(number=dice)
    def reads_now(self, number: int) -> None:
        self.take(Dice.reads_now, number)

    @rule(number=dice)
    def reads(self, number: int) -> None:
        self.take(Dice.reads, number)

    @rule(number=dice)
    def reads_all(self, number: int) -> None:
        self.take(Dice.reads_all, number)

    @rule(number=dice)
    def looks_back(self, number: int) -> None:
        self.take(Dice.looks_back, number)

    @rule(number=dice)
    def advances(self, number: int) -> None:
        self.take(Dice.advances, number)

    @rule(number=dice)
    def advances_again(self, number: int) -> None:
        self.take(Dice.advances, number)

    @rule(number=dice)
    def advances_far(self, number: int) -> None:
        self.take(Dice.advances_far, number)

    @rule(number=dice)
    def advances_back(self, number: int) -> None:
        self.take(Dice.advances_back, number)

    @rule(number=dice)
    def forecasts(self, number: int) -> None:
        self.take(Dice.forecasts, number)

    @rule(number=dice)
    def explains(self, number: int) -> None:
        self.take(Dice.explains, number)

    @rule(number=dice)
    def explains_change(self, number: int) -> None:
        self.take(Dice.explains_change, number)

    @rule(number=dice)
    def forgets(self, number: int) -> None:
        self.take(Dice.forgets, number)

    @rule(number=dice)
    def saves(self, number: int) -> None:
        self.take(Dice.saves, number)

    @rule(number=dice)
    def merges(self, number: int) -> None:
        self.take(Dice.merges, number)

    @rule(number=dice)
    def asks_who_is_in(self, number: int) -> None:
        self.take(Dice.asks_who_is_in, number)

    @rule(number=dice)
    def handles(self, number: int) -> None:
        self.take(Dice.handles, number)

    @rule(number=dice)
    def releases(self, number: int) -> None:
        self.take(Dice.releases, number)

    @rule(number=dice)
    def publishes(self, number: int) -> None:
        self.take(Dice.publishes, number)

    def teardown(self) -> None:
        """Counts what was seen."""
        if hasattr(self, "play"):
            type(self).seen.update(self.play.seen)


def run(number: int, runs: int) -> Counter[str]:
    """Runs the machine so often; the number says which runs.

    Returns:
        What was seen.

    Raises:
        AssertionError: A play failed; the message is the play, made smaller, as Python text.
    """

    class machine(ScorerMachine):
        seen: ClassVar[Counter[str]] = Counter()
        failed: ClassVar[Play | None] = None

    chosen = settings(
        max_examples=runs,
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # `smaller` makes a play smaller, whose steps are no longer numbers
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(seed(number)(machine), settings=chosen)
    except Exception as error:
        if machine.failed is None:
            raise
        raise AssertionError(written(smaller(machine.failed))) from error
    return machine.seen
