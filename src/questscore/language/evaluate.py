"""What a tree is worth on one row: the definition that every faster evaluator is held to.

Lives here: walking the tree.
Lives elsewhere: what each operator and function means (`functions`), and the host's lookups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from questscore.language.functions import TABLE, arithmetic, compare, number, truth
from questscore.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    Prop,
    Value,
    Within,
)

Lookup = Callable[[str], Value]


def evaluate(node: Node, name: Lookup, prop: Lookup | None = None) -> Value:
    """The value of ``node``; ``name`` and ``prop`` give what they do not know as None."""
    match node:
        case Literal():
            return node.value
        case Name():
            return number(name(node.name))
        case Prop():
            return None if prop is None else number(prop(node.name))
        case Negate():
            operand = evaluate(node.operand, name, prop)
            return -operand if isinstance(operand, float) else None
        case Arithmetic():
            left = evaluate(node.left, name, prop)
            return arithmetic(node.operator, left, evaluate(node.right, name, prop))
        case Compare():
            return float(_holds(node, name, prop))
        case Within():
            item = evaluate(node.item, name, prop)
            if node.negated:
                return float(all(compare("!=", item, option) for option in node.options))
            return float(any(compare("==", item, option) for option in node.options))
        case Logic():
            parts = (truth(evaluate(operand, name, prop)) for operand in node.operands)
            return float(all(parts) if node.operator == "and" else any(parts))
        case Not():
            return float(not truth(evaluate(node.operand, name, prop)))
        case Choice():
            chosen = truth(evaluate(node.condition, name, prop))
            return evaluate(node.then if chosen else node.otherwise, name, prop)
        case Call():
            return TABLE[node.function]([evaluate(argument, name, prop) for argument in node.arguments])
        case _:
            assert_never(node)


def _holds(node: Compare, name: Lookup, prop: Lookup | None) -> bool:
    left = evaluate(node.first, name, prop)
    for sign, operand in node.rest:
        right = evaluate(operand, name, prop)
        if not compare(sign, left, right):
            return False
        left = right
    return True
