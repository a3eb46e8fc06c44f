"""Names that an expression reads, against those its host knows."""

from __future__ import annotations

from questscore.errors import Problem
from questscore.language import check_names, parse

KNOWN = ["logins_7d", "idle_days"]


def test_known_names_are_no_problem() -> None:
    assert check_names(parse("logins_7d > 5 and idle_days < 3"), KNOWN) == []


def test_an_unknown_name_comes_with_the_nearest() -> None:
    assert check_names(parse("login_7d > 5"), KNOWN) == [
        Problem(
            "",
            "unknown name 'login_7d'; the nearest signal is 'logins_7d'",
            "write 'logins_7d', or declare a signal named 'login_7d'",
        )
    ]


def test_all_unknown_names_are_told_in_order() -> None:
    problems = check_names(parse("zz + qq * logins_7d"), {"logins_7d"}, what="property")
    assert [str(problem) for problem in problems] == [
        "unknown name 'qq'\n  fix: declare a property named 'qq'",
        "unknown name 'zz'\n  fix: declare a property named 'zz'",
    ]


def test_a_function_without_its_brackets() -> None:
    (problem,) = check_names(parse("abs > 5"), KNOWN)
    assert (problem.what, problem.fix) == ("'abs' is a function and not a signal", "write abs(...)")


def test_prop_needs_an_event() -> None:
    expression = parse('prop("utm-source") == "mail"')
    (problem,) = check_names(expression, KNOWN)
    assert 'prop("utm-source")' in problem.what
    assert check_names(expression, KNOWN, allow_prop=True) == []
