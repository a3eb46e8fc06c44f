"""What comes out, as plain objects: explanations that add up, and lines that can be read."""

from __future__ import annotations

from questscore import Explanation, Transition
from questscore.model.result import ROUNDING
from unit.engine.both import ev, t

LATER, EARLIER = ev("b", "2026-03-02"), ev("a", "2026-03-01")
TREE = Explanation(
    "ada: score",
    30.0,
    (
        Explanation(
            "tasks",
            50.0,
            (Explanation("awarded", 60.0, (), (LATER, EARLIER)), Explanation("lost", -10.0)),
            (LATER,),
        ),
        Explanation("bounds", -20.0),
    ),
)


def test_the_children_of_each_node_add_up() -> None:
    assert TREE.check()
    assert not Explanation("x", 1.0, (Explanation("y", 0.5),)).check()
    assert not Explanation("x", 1.0, (Explanation("y", 1.0, (Explanation("z", 2.0),)),)).check()


def test_the_sum_is_exact_and_not_almost() -> None:
    """``math.fsum``: three times 0.1 are not 0.3, and one ulp is a difference."""
    tenths = tuple(Explanation("tenth", 0.1) for _ in range(3))
    assert Explanation("x", 0.30000000000000004, tenths).check()
    assert not Explanation("x", 0.3, tenths).check()


def test_an_unknown_value_is_no_sum_and_its_known_children_are_still_checked() -> None:
    unknown = Explanation("u", None)
    assert Explanation("x", None, (unknown, Explanation("y", 5.0))).check()
    assert not Explanation("x", None, (Explanation("y", 5.0, (Explanation("z", 4.0),)),)).check()


def test_the_events_behind_a_line_are_those_below_it_each_once_and_in_order() -> None:
    assert TREE.events() == (EARLIER, LATER)
    assert TREE.children[1].events() == ()


def test_two_like_events_are_two() -> None:
    """The same content twice without an id are two facts."""
    twice = ev("a", "2026-03-01"), ev("a", "2026-03-01")
    assert len(Explanation("x", 2.0, (), twice).events()) == 2


def test_walk_goes_from_the_top_down() -> None:
    assert [node.label for node in TREE.walk()] == ["ada: score", "tasks", "awarded", "lost", "bounds"]


def test_as_text_it_is_a_column_of_reasons_and_one_of_numbers() -> None:
    assert str(TREE).splitlines() == [
        "ada: score    30.00",
        "  tasks       50.00",
        "    awarded   60.00",
        "    lost     -10.00",
        "  bounds     -20.00",
    ]


def test_a_rounding_line_is_shown_only_when_it_can_be_seen_and_minus_zero_never() -> None:
    tiny = Explanation(
        "x", 1.0, (Explanation("y", 1.0), Explanation(ROUNDING, 1e-17), Explanation("z", -1e-9))
    )
    assert ROUNDING not in str(tiny)
    assert "-0.00" not in str(tiny)
    assert ROUNDING in str(Explanation("x", 1.0, (Explanation(ROUNDING, 1.0),)))
    assert "unknown" in str(Explanation("x", None))


def test_names_are_escaped_in_html() -> None:
    shown = Explanation("<script>alert('x')</script>", 1.0, (Explanation("a & b", 1.0),))._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown and "a &amp; b" in shown


def test_a_transition_reads_as_a_sentence() -> None:
    change = Transition("acme", t("2026-03-02"), "active", "base", 85.0, "time", ("base",))
    assert str(change) == "2026-03-02T00:00:00Z acme: active -> base (time)"
