"""Compares one variable of the execution with a value."""

from rehearsal import expressions
from rehearsal.engine.ports import RuleRequest, UnsupportedAction
from rehearsal.expressions import ExpressionError
from rehearsal.model.definition import Rule
from rehearsal.model.results import Failure

OPERATORS = ("EQ", "NE", "CONTAINS", "MATCHES")


class VariableCheck:
    def check(self, rule: Rule) -> None:
        for field in ("Variable", "Value", "Operator"):
            if field not in rule.configuration:
                raise UnsupportedAction(f"rule {rule.name!r}: {field} is missing")
        operator = rule.configuration["Operator"]
        if operator not in OPERATORS:
            raise UnsupportedAction(
                f"rule {rule.name!r}: Operator {operator!r} is not one of {', '.join(OPERATORS)}"
            )

    def evaluate(self, rule: Rule, request: RuleRequest) -> Failure | None:
        """The engine has resolved the variable already."""
        found, value = rule.configuration["Variable"], rule.configuration["Value"]
        operator = rule.configuration["Operator"]
        request.log(f"{found!r} {operator} {value!r}")
        try:
            if _holds(operator, found, value):
                return None
        except ExpressionError as problem:
            return Failure(code="JobFailed", message=f"rule {rule.name!r}: {problem}")
        return Failure(code="JobFailed", message=f"{found!r} {operator} {value!r} is false")


def _holds(operator: str, found: str, value: str) -> bool:
    if operator == "MATCHES":
        return expressions.matches(value, found)
    if operator == "CONTAINS":
        return value in found
    return (found == value) == (operator == "EQ")
