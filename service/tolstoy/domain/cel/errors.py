"""What is wrong with an expression, when it is read and when it is evaluated."""

from typing import Literal

Code = Literal["undefined", "type", "value", "arithmetic", "limit"]


class ExpressionError(ValueError):
    """This text is no expression. `unknown` holds the variables it names that do not exist."""

    def __init__(
        self, message: str, *, line: int = 1, column: int | None = None, unknown: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.unknown = unknown


class EvaluationError(ExpressionError):
    """It has no value here. `pointer` is the place in the template that it stands in.

    The codes: what is read is not there (undefined), is of another type (type), is of the type but not of the form
    that a function needs (value), divides by zero or overflows (arithmetic), or is too much (limit).
    """

    def __init__(self, code: Code, message: str, pointer: str = "", expression: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.pointer = pointer
        self.expression = expression
