"""Reading the text of an expression into nodes.

Lives here: the grammar, which is a list of what is allowed of Python's, and the bounds that keep any text
from hanging its host. Python's own parser only shapes the text; nothing is ever compiled or run.
Lives elsewhere: characters and words (`scan`), what the nodes are worth (`evaluate`).
"""

from __future__ import annotations

import ast
import math
import re
import warnings

from questscore.errors import ModelError, nearest
from questscore.language.expression import Expression
from questscore.language.functions import FUNCTIONS, LARGEST_EXPONENT, TABLE
from questscore.language.scan import Refused, scan
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

LONGEST_TEXT = 4096  # bytes of UTF-8
LONGEST_LITERAL = 1000  # characters
LARGEST_INTEGER = 2**53
MOST_NODES = 256
DEEPEST = 32

_SPLIT = "split it into several signals"

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def parse(text: str) -> Expression:
    """The expression that ``text`` says.

    Raises:
        ModelError: Not an expression of the language, or beyond its bounds; ``what`` begins with the column.

    >>> sorted(parse("cart.total > 3 * orders").names)
    ['cart.total', 'orders']
    """
    if not isinstance(text, str):
        kind = type(text).__name__
        raise ModelError(f"column 1: an expression is a text, not {kind}", fix="put it in quotes")
    try:
        return _read(text.strip())
    except Refused as refused:
        column = len(text) - len(text.lstrip()) + refused.offset + 1
        raise ModelError(f"column {column}: {refused.what}", fix=refused.fix) from None


def _read(text: str) -> Expression:
    source = _encoded(text)
    if not text:
        raise Refused(0, "the expression is empty", "write one, such as: amount >= 10")
    scan(text)
    builder = _Builder(source)
    tree = builder.build(_python_tree(text), 1)
    return Expression(text, tree, frozenset(builder.names), frozenset(builder.properties))


def _encoded(text: str) -> bytes:
    try:
        source = text[: LONGEST_TEXT + 1].encode()
    except UnicodeEncodeError as error:
        raise Refused(error.start, "half of a surrogate pair is no character", "leave it out") from None
    if len(source) > LONGEST_TEXT:
        fit = len(source[:LONGEST_TEXT].decode(errors="ignore"))
        raise Refused(fit, f"an expression has at most {LONGEST_TEXT:,} bytes", _SPLIT)
    return source


def _python_tree(text: str) -> ast.expr:
    one_line = re.sub(r"[\r\n\f]", " ", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(one_line, mode="eval").body
    except SyntaxError as error:
        offset = min(max(error.offset or 1, 1), len(text)) - 1
        shouted = re.search(r"\b(AND|OR|NOT)\b", text)
        fix = f"write {shouted.group().lower()}" if shouted else "check the operators and brackets around it"
        raise Refused(offset, f"not an expression: {error.msg}", fix) from None
    except (ValueError, RecursionError, MemoryError):
        raise Refused(0, "too much for one expression", _SPLIT) from None


class _Builder:
    """Turns Python's nodes into ours, counting them and collecting names."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.count = 0
        self.names: set[str] = set()
        self.properties: set[str] = set()

    def build(self, node: ast.expr, depth: int) -> Node:
        """Our node for ``node``, which stands ``depth`` levels deep (the root: 1)."""
        self.count += 1
        if depth > DEEPEST:
            raise self.refused(node, f"nested more than {DEEPEST} deep", _SPLIT)
        if self.count > MOST_NODES:
            raise self.refused(node, f"more than {MOST_NODES} parts", _SPLIT)
        match node:
            case ast.Constant():
                return Literal(self.constant(node))
            case ast.Name() | ast.Attribute():
                name = self.dotted(node)
                self.names.add(name)
                return Name(name)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.build(node.operand, depth + 1))
            case ast.UnaryOp(op=ast.USub()):
                operand = self.build(node.operand, depth + 1)
                if isinstance(operand, Literal) and isinstance(operand.value, float):
                    return Literal(-operand.value)
                return Negate(operand)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                return self.arithmetic(node, depth)
            case ast.BoolOp():
                operands = tuple(self.build(value, depth + 1) for value in node.values)
                return Logic("and" if isinstance(node.op, ast.And) else "or", operands)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.IfExp():
                return Choice(
                    self.build(node.test, depth + 1),
                    self.build(node.body, depth + 1),
                    self.build(node.orelse, depth + 1),
                )
            case ast.Call():
                return self.call(node, depth)
            case ast.List() | ast.Tuple():
                raise self.refused(node, "a list stands only after in or not in", "write x in [1, 2]")
            case ast.UnaryOp(op=ast.UAdd()):
                raise self.refused(node, "a plus sign in front of a value", "leave it out")
            case ast.Subscript():
                raise self.refused(
                    node, "nothing is read with square brackets", 'write prop("...") for a property'
                )
            case _:
                kind = type(node).__name__
                raise self.refused(node, f"this is not part of the language ({kind})", "leave it out")

    def constant(self, node: ast.Constant) -> Value:
        match node.value:
            case None:
                return None
            case str(text):
                if len(text) > LONGEST_LITERAL:
                    raise self.refused(node, f"a text beyond {LONGEST_LITERAL:,} characters", "shorten it")
                if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
                    raise self.refused(node, "half of a surrogate pair is no character", "leave it out")
                return text
            case bool(flag):
                return float(flag)
            case int(integer):
                if integer > LARGEST_INTEGER:
                    raise self.refused(node, "an integer beyond 2**53", "write a long id as text")
                return float(integer)
            case float(value):
                if not math.isfinite(value):
                    raise self.refused(node, "a number too large for a double", "write a smaller one")
                return value
            case other:
                raise self.refused(node, f"{other!r} is neither a number nor a text", "write one of these")

    def dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self.refused(node, "a dot after something that is no name", "dots join the parts of a name")
        return ".".join([inner.id, *reversed(parts)])

    def arithmetic(self, node: ast.BinOp, depth: int) -> Node:
        left, right = self.build(node.left, depth + 1), self.build(node.right, depth + 1)
        if (
            isinstance(node.op, ast.Pow)
            and isinstance(right, Literal)
            and isinstance(right.value, float)
            and abs(right.value) > LARGEST_EXPONENT
        ):
            raise self.refused(node.right, "an exponent beyond 1024", "write a smaller one")
        return Arithmetic(_ARITHMETIC[type(node.op)], left, right)

    def comparison(self, node: ast.Compare, depth: int) -> Node:
        if any(isinstance(sign, ast.In | ast.NotIn) for sign in node.ops):
            return self.within(node, depth)
        operands = [node.left, *node.comparators]
        for index, operand in enumerate(operands):
            if isinstance(operand, ast.Constant) and operand.value is None:
                other = self.written(operands[index - 1 if index else 1])
                negation = "not " if isinstance(node.ops[max(index - 1, 0)], ast.NotEq) else ""
                fix = f"write {negation}is_missing({other})"
                raise self.refused(operand, "nothing compares with None", fix)
        signs = [_COMPARISONS.get(type(sign)) for sign in node.ops]
        first = self.build(node.left, depth + 1)
        rest: list[tuple[str, Node]] = []
        for sign, operand in zip(signs, node.comparators, strict=True):
            if sign is None:
                raise self.refused(operand, "'is' is no comparison", "write is_missing(x), or ==")
            rest.append((sign, self.build(operand, depth + 1)))
        return Compare(first, tuple(rest))

    def within(self, node: ast.Compare, depth: int) -> Node:
        if len(node.ops) > 1:
            raise self.refused(
                node, "in does not chain with other comparisons", "join two comparisons with and"
            )
        listed, item = node.comparators[0], self.written(node.left)
        if not isinstance(listed, ast.List | ast.Tuple):
            whole = self.written(listed)
            raise self.refused(
                listed,
                "in looks into a list of literals only",
                f'write {item} in ["a", "b"], or contains({whole}, {item}) for a part of a text',
            )
        numbers: list[float] = []
        texts: list[str] = []
        for element in listed.elts:
            value = self.listed(element)
            if value is None:
                raise self.refused(element, "None in a list matches nothing", f"write is_missing({item})")
            if isinstance(value, str):
                texts.append(value)
            else:
                numbers.append(value)
            if texts and numbers:
                raise self.refused(element, "a list of numbers and texts", "write one list for each type")
        if not numbers and not texts:
            raise self.refused(listed, "an empty list", "list at least one number or text")
        options = tuple(texts) if texts else tuple(numbers)
        negated = isinstance(node.ops[0], ast.NotIn)
        return Within(self.build(node.left, depth + 1), options, negated)

    def listed(self, node: ast.expr) -> Value:
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        value = self.constant(inner) if isinstance(inner, ast.Constant) else None
        literal = isinstance(inner, ast.Constant) and (isinstance(value, float) or not negative)
        if not literal:
            raise self.refused(node, "a list holds literals only", "write x == a or x == b")
        return -value if negative and isinstance(value, float) else value

    def call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            raise self.refused(node, "only the functions of the language are called", "write name(...)")
        name, count = node.func.id, len(node.args)
        if name not in FUNCTIONS:
            raise self.refused(node, *_unknown_function(name))
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                raise self.refused(argument, "a star in front of an argument", "write the arguments out")
        if node.keywords:
            raise self.refused(node, f"{name} takes no named arguments", "write the arguments in order")
        if name == "prop":
            only = node.args[0] if count == 1 else None
            key = self.constant(only) if isinstance(only, ast.Constant) else None
            if not isinstance(key, str):
                raise self.refused(node, "prop reads one property, named by a text", 'write prop("name")')
            self.properties.add(key)
            return Prop(key)
        if not TABLE[name].accepts(count):
            arguments = f"{count} argument{'s' * (count != 1)}"
            raise self.refused(node, f"{name} does not take {arguments}", f"write {TABLE[name].usage}")
        return Call(name, tuple(self.build(argument, depth + 1) for argument in node.args))

    def written(self, node: ast.expr) -> str:
        return self.source[node.col_offset : node.end_col_offset].decode(errors="replace")

    def refused(self, node: ast.expr, what: str, fix: str) -> Refused:
        return Refused(len(self.source[: node.col_offset].decode(errors="replace")), what, fix)


def _unknown_function(name: str) -> tuple[str, str]:
    if name.lower() in {"and", "or", "not"}:
        return f"'{name}' is no function", f"write {name.lower()}"
    near = nearest(name, FUNCTIONS)
    if near is None:
        return f"unknown function '{name}'", f"the functions are {', '.join(sorted(FUNCTIONS))}"
    return f"unknown function '{name}'; the nearest function is '{near}'", f"write {near}(...)"
