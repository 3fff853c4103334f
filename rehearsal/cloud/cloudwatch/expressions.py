"""Metric math, as far as alarms of ordinary templates use it.

Every value is a series: one number, or None for no data, for each period of the alarm, oldest first. A plain
number is that number in every period. An expression is parsed with Python's own parser, whose grammar and
precedence agree with CloudWatch's in all supported parts, and its tree is interpreted; nothing is executed as
Python. No branch depends on the values of a series, so an expression that can be computed for one set of data
can be computed for any.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

Number = float | None
Series = tuple[Number, ...]


@dataclass(frozen=True)
class Several:
    """An array of series: the value of `METRICS()` and `[m1, m2]`."""

    series: tuple[Series, ...]


Value = Series | Several


class NotEvaluatedError(Exception):
    """Valid on AWS, not supported here; the text names the unsupported part."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    periods: int
    seconds: int
    """Of one period."""
    look_up: Callable[[str], Value]
    metrics: Mapping[str, Series]
    """By id, the queries that are not expressions: the value of `METRICS()`."""


def computed(expression: str, scope: Scope) -> Value:
    """Raises `NotEvaluatedError` for unsupported expressions, `ValueError` for an undefined id."""
    try:
        tree = ast.parse(f"({expression.replace('^', '**')})", mode="eval")
    except SyntaxError:
        raise NotEvaluatedError(f"the expression {expression!r} is not computed") from None
    return _value(tree.body, scope)


def _value(node: ast.expr, scope: Scope) -> Value:
    read = _READERS.get(type(node), _refuse)
    return read(node, scope)


def _refuse(node: ast.expr, _scope: Scope) -> Value:
    raise NotEvaluatedError(f"`{ast.unparse(node)}` is not computed")


def _number(node: ast.Constant, scope: Scope) -> Value:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return _refuse(node, scope)
    return _always(node.value, scope)


def _list(node: ast.List, scope: Scope) -> Value:
    values = (_value(item, scope) for item in node.elts)
    return Several(tuple(one for value in values for one in _each(value)))


def _negative(node: ast.UnaryOp, scope: Scope) -> Value:
    if not isinstance(node.op, ast.USub):
        return _refuse(node, scope)
    return _mapped(operator.neg, _value(node.operand, scope))


def _arithmetic(node: ast.BinOp, scope: Scope) -> Value:
    compute = _OPERATORS.get(type(node.op))
    if compute is None:
        return _refuse(node, scope)
    return _joined(_where_both(compute), _value(node.left, scope), _value(node.right, scope))


def _comparison(node: ast.Compare, scope: Scope) -> Value:
    compute = _OPERATORS.get(type(node.ops[0]))
    if compute is None or len(node.ops) > 1:
        return _refuse(node, scope)
    return _joined(_where_both(compute), _value(node.left, scope), _value(node.comparators[0], scope))


def _call(node: ast.Call, scope: Scope) -> Value:
    function = _FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
    if function is None or node.keywords or len(node.args) not in function.arguments:
        return _refuse(node, scope)
    return function.compute(node.args, scope)


def _metrics(arguments: Sequence[ast.expr], scope: Scope) -> Value:
    part = arguments[0] if arguments else ast.Constant("")
    if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
        return _refuse(part, scope)
    return Several(tuple(series for name, series in scope.metrics.items() if part.value in name))


def _fill(arguments: Sequence[ast.expr], scope: Scope) -> Value:
    what, filling = arguments
    if isinstance(filling, ast.Name) and filling.id == "REPEAT":
        return _over(_repeated, _value(what, scope))
    if isinstance(filling, ast.Name) and filling.id == "LINEAR":
        return _refuse(filling, scope)
    return _joined(
        lambda one, other: other if one is None else one, _value(what, scope), _value(filling, scope)
    )


def _repeated(series: Series) -> Series:
    last: Number = None
    filled = []
    for number in series:
        last = last if number is None else number
        filled.append(last)
    return tuple(filled)


def _if(arguments: Sequence[ast.expr], scope: Scope) -> Value:
    condition, *branches = (_value(argument, scope) for argument in arguments)
    chosen, otherwise = (*branches, (None,) * scope.periods)[:2]
    taken = _joined(lambda when, then: then if when else None, condition, chosen)
    refused = _joined(lambda when, other: other if when == 0 else None, condition, otherwise)
    return _joined(lambda one, other: other if one is None else one, taken, refused)


def _aggregate(how: Callable[[Iterable[float]], float]) -> Callable[[Sequence[ast.expr], Scope], Value]:
    """For an array, aggregates existing values of each period; for a series, one number for all periods."""

    def compute(arguments: Sequence[ast.expr], scope: Scope) -> Value:
        value = _value(arguments[0], scope)
        if isinstance(value, Several):
            columns = zip(*value.series, strict=True) if value.series else [()] * scope.periods
            return tuple(_of_present(how, column) for column in columns)
        return _always(_of_present(how, value), scope)

    return compute


def _of_present(how: Callable[[Iterable[float]], float], numbers: Iterable[Number]) -> Number:
    present = [number for number in numbers if number is not None]
    return how(present) if present else None


def _each_number(how: Callable[[float], float]) -> Callable[[Sequence[ast.expr], Scope], Value]:
    return lambda arguments, scope: _mapped(how, _value(arguments[0], scope))


def _mapped(how: Callable[[float], float], value: Value) -> Value:
    return _over(lambda series: tuple(None if number is None else how(number) for number in series), value)


def _over(how: Callable[[Series], Series], value: Value) -> Value:
    return Several(tuple(map(how, value.series))) if isinstance(value, Several) else how(value)


def _joined(how: Callable[[Number, Number], Number], left: Value, right: Value) -> Value:
    if isinstance(left, Several) and isinstance(right, Several):
        raise NotEvaluatedError("an operation on two arrays of time series is not computed")
    if isinstance(left, Several):
        return Several(tuple(_joined_one(how, one, right) for one in left.series))
    if isinstance(right, Several):
        return Several(tuple(_joined_one(how, left, one) for one in right.series))
    return _joined_one(how, left, right)


def _joined_one(how: Callable[[Number, Number], Number], left: Value, right: Value) -> Series:
    return tuple(how(one, other) for one, other in zip(left, right, strict=True))  # type: ignore[arg-type]


def _where_both(compute: Callable[[float, float], Any]) -> Callable[[Number, Number], Number]:
    """As in CloudWatch, the result is no data if an operand has none, and for a division by zero."""

    def of_both(one: Number, other: Number) -> Number:
        if one is None or other is None:
            return None
        try:
            result = compute(one, other)
        except ArithmeticError:
            return None
        return None if isinstance(result, complex) else float(result)

    return of_both


def _each(value: Value) -> tuple[Series, ...]:
    return value.series if isinstance(value, Several) else (value,)


def _always(number: Number, scope: Scope) -> Series:
    return (None if number is None else float(number),) * scope.periods


@dataclass(frozen=True)
class _Function:
    arguments: frozenset[int]
    """The allowed numbers of arguments."""
    compute: Callable[[Sequence[ast.expr], Scope], Value]


def _of(compute: Callable[[Sequence[ast.expr], Scope], Value], *arguments: int) -> _Function:
    return _Function(frozenset(arguments), compute)


_READERS: Mapping[type[ast.expr], Callable[[Any, Scope], Value]] = {
    ast.Constant: _number,
    ast.Name: lambda node, scope: scope.look_up(node.id),
    ast.List: _list,
    ast.UnaryOp: _negative,
    ast.BinOp: _arithmetic,
    ast.Compare: _comparison,
    ast.Call: _call,
}
_OPERATORS: Mapping[type[ast.AST], Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: Mapping[str, _Function] = {
    "METRICS": _of(_metrics, 0, 1),
    "FILL": _of(_fill, 2),
    "IF": _of(_if, 2, 3),
    "PERIOD": _of(lambda _, scope: _always(scope.seconds, scope), 1),
    "SUM": _of(_aggregate(math.fsum), 1),
    "AVG": _of(_aggregate(fmean), 1),
    "MIN": _of(_aggregate(min), 1),
    "MAX": _of(_aggregate(max), 1),
    "ABS": _of(_each_number(abs), 1),
    "CEIL": _of(_each_number(math.ceil), 1),
    "FLOOR": _of(_each_number(math.floor), 1),
}
