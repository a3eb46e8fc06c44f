"""Checks: whether a signal or rule is what the engines, and its users, may rely on.

Lives here: the checks by name, running them all at once or one by one, expected failures with their reasons,
and the parametrisation for pytest.
Lives elsewhere: the checks themselves (_declared, _definition, _engines). Only `parametrize_signal` and
`parametrize_rule` need pytest.

>>> from questscore import Count
>>> check_signal(Count("logins", on="login", window="7d"), only="documented, shown")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from questscore.errors import MissingExtra, nearest
from questscore.model.rule import Rule
from questscore.model.signal import SignalDefinition
from questscore.testing._cases import Part
from questscore.testing._declared import CHECKS as _DECLARED
from questscore.testing._definition import CHECKS as _DEFINITION
from questscore.testing._engines import CHECKS as _ENGINES
from questscore.testing._specimen import BESIDE, CheckFailed, Events, Specimen, example_of

if TYPE_CHECKING:
    import pytest

Kind: TypeAlias = SignalDefinition | type[SignalDefinition]
RuleKind: TypeAlias = Rule | type[Rule]
Subject: TypeAlias = Literal["user", "account"]
Expected: TypeAlias = Mapping[str, str]

CHECKS: Mapping[str, Callable[[Specimen], None]] = {
    check.__name__: check for check in (*_DECLARED, *_DEFINITION, *_ENGINES)
}
"""Every check, by its name; its docstring says what must hold."""


@frozen(eq=False)
class Check:
    """One check of one signal or rule; calling it runs it.

    Args:
        name: Of the check.
        specimen: What is checked.
        reason: Why it is expected to fail; empty: it is expected to hold.
    """

    name: str
    specimen: Specimen
    reason: str = ""

    @property
    def about(self) -> str:
        """What must hold."""
        return (CHECKS[self.name].__doc__ or "").strip()

    def __str__(self) -> str:
        return f"{self.specimen.kind}({self.specimen.part.name})-{self.name}"

    def __call__(self) -> None:
        """Runs the check, whether or not it is expected to fail.

        Raises:
            AssertionError: It does not hold, with what was found.
        """
        __tracebackhide__ = True
        try:
            CHECKS[self.name](self.specimen)
        except CheckFailed as error:  # which says it all
            raise CheckFailed(f"{self}: {error}\n  must hold: {self.about}") from None
        except Exception as error:
            told = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise CheckFailed(f"{self}: {told}\n  must hold: {self.about}") from error


def signal_checks(
    *signals: Kind,
    beside: Iterable[SignalDefinition] = (),
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
) -> Iterator[Check]:
    """The checks of signals, one after another; each is run by calling it.

    Args:
        signals: Objects such as ``Count("logins", on="login")``, with parameters as they are used; or classes
            whose required fields can be guessed.
        beside: The signals that they read.
        subject: Whom the model scores; by default accounts where a signal has ``scope="member"``, else users.
        events: From a seed, events to check with; by default such as fit the signal's selectors, properties
            and lengths of time.
        expected_failures: By name of a check, why it cannot hold.
    """
    yield from _checks(signals, tuple(beside), subject, events, expected_failures)


def rule_checks(
    *rules: RuleKind,
    signals: Iterable[SignalDefinition] = BESIDE,
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
) -> Iterator[Check]:
    """The checks of rules, one after another; each is run by calling it.

    Args:
        rules: Objects such as ``EventRule("log in", on="login", points=5)``, or classes whose required fields
            can be guessed.
        signals: Those that they read; by default ``logins``, a count over 7 days, and ``idle``, the days
            since the last login.
        subject, events, expected_failures: As for `signal_checks`.
    """
    yield from _checks(rules, tuple(signals), subject, events, expected_failures)


def check_signal(
    *signals: Kind,
    beside: Iterable[SignalDefinition] = (),
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
    only: str = "",
) -> None:
    """Runs all checks of signals.

    Args:
        signals, beside, subject, events, expected_failures: As for `signal_checks`.
        only: Names of checks, apart by commas, if not all are wanted.

    Raises:
        AssertionError: Some do not hold, each with its name and what was found; or one that was expected to
            fail holds.
    """
    checks = signal_checks(
        *signals, beside=beside, subject=subject, events=events, expected_failures=expected_failures
    )
    _run(checks, only)


def check_rule(
    *rules: RuleKind,
    signals: Iterable[SignalDefinition] = BESIDE,
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
    only: str = "",
) -> None:
    """Runs all checks of rules.

    Args:
        rules, signals, subject, events, expected_failures: As for `rule_checks`.
        only: Names of checks, apart by commas, if not all are wanted.

    Raises:
        AssertionError: Some do not hold, each with its name and what was found; or one that was expected to
            fail holds.
    """
    checks = rule_checks(
        *rules, signals=signals, subject=subject, events=events, expected_failures=expected_failures
    )
    _run(checks, only)


def parametrize_signal(
    *signals: Kind,
    beside: Iterable[SignalDefinition] = (),
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
) -> pytest.MarkDecorator:
    """For pytest: one test for each check, by its name; those expected to fail are strict xfails.

    The test takes an argument ``check`` and calls it::

        @parametrize_signal(Count("logins", on="login", window="7d"))
        def test_count(check):
            check()

    Args:
        signals, beside, subject, events, expected_failures: As for `signal_checks`.
    """
    return _parametrized(
        signal_checks(
            *signals, beside=beside, subject=subject, events=events, expected_failures=expected_failures
        )
    )


def parametrize_rule(
    *rules: RuleKind,
    signals: Iterable[SignalDefinition] = BESIDE,
    subject: Subject | None = None,
    events: Events | None = None,
    expected_failures: Expected | None = None,
) -> pytest.MarkDecorator:
    """For pytest: one test for each check of rules, as `parametrize_signal` has of signals.

    Args:
        rules, signals, subject, events, expected_failures: As for `rule_checks`.
    """
    return _parametrized(
        rule_checks(
            *rules, signals=signals, subject=subject, events=events, expected_failures=expected_failures
        )
    )


def _checks(
    kinds: Iterable[Part | type[Part]],
    beside: tuple[SignalDefinition, ...],
    subject: Subject | None,
    events: Events | None,
    expected_failures: Expected | None,
) -> Iterator[Check]:
    expected = dict(expected_failures or {})
    for name in list(expected):
        _known(name)
        if not expected[name].strip():
            raise ValueError(f"why {name!r} is expected to fail is not said")
    for kind in kinds:
        part = example_of(kind)
        every = (*beside, part)
        member = any(isinstance(one, SignalDefinition) and one.scope == "member" for one in every)
        specimen = Specimen(part, beside, subject or ("account" if member else "user"), events)
        for name in CHECKS:
            yield Check(name, specimen, expected.get(name, ""))


def _known(name: str) -> None:
    if name not in CHECKS:
        near = nearest(name, CHECKS)
        hint = f"; the nearest is {near!r}" if near else ""
        raise ValueError(f"there is no check {name!r}{hint}; the checks are {', '.join(CHECKS)}")


def _run(checks: Iterable[Check], only: str) -> None:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for name in wanted:
        _known(name)
    failed, count = [], 0
    for check in checks:
        if wanted and check.name not in wanted:
            continue
        count += 1
        try:
            check()
        except AssertionError as error:
            if not check.reason:
                failed.append(str(error))
        else:
            if check.reason:
                failed.append(f"{check}: holds, though it is expected to fail: {check.reason}")
    if failed:
        raise CheckFailed("\n".join([f"{len(failed)} of {count} checks failed", *failed]))


def _parametrized(checks: Iterable[Check]) -> pytest.MarkDecorator:
    try:
        import pytest
    except ImportError as error:
        raise MissingExtra("parametrising needs pytest: pip install pytest") from error
    cases = [
        pytest.param(
            check,
            id=str(check),
            marks=[pytest.mark.xfail(reason=check.reason, strict=True)] if check.reason else [],
        )
        for check in checks
    ]
    return pytest.mark.parametrize("check", cases)
