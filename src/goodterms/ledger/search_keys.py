"""How numbers are compared when somebody searches: without separators, telephones by their last digits."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Func
from django.db.models.sql.compiler import SQLCompiler

PHONE_KEY_DIGITS = 7
_NUMBER_SEPARATORS = "-/._ #"
_PHONE_SEPARATORS = "-/. ()+"


def _stripped(signs: str) -> str:
    """SQL that takes these signs out of the expression.

    The signs stand in the words themselves, not as parameters: an index on an expression is used only where the
    query says exactly the same.
    """
    words = "%(expressions)s"
    for sign in signs:
        words = f"REPLACE({words}, '{sign}', '')"
    return words


class NumberKey(Func):
    """A document's number in capitals without separators: RE-2026/17 is RE202617."""

    template = f"UPPER({_stripped(_NUMBER_SEPARATORS)})"
    arity = 1
    output_field = CharField()


class PhoneKey(Func):
    """The last seven digits of a telephone number: the same with and without the country's prefix."""

    template = f"SUBSTR({_stripped(_PHONE_SEPARATORS)}, -{PHONE_KEY_DIGITS})"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """PostgreSQL counts from the end by a function of its own."""
        template = f"RIGHT({_stripped(_PHONE_SEPARATORS)}, {PHONE_KEY_DIGITS})"
        return self.as_sql(compiler, connection, template=template, **context)


def number_key(words: str) -> str:
    """What NumberKey makes of these words."""
    return "".join(sign for sign in words if sign not in _NUMBER_SEPARATORS).upper()


def phone_digits(words: str) -> str:
    """The digits of a telephone number, or nothing where the words cannot be one."""
    left = "".join(sign for sign in words if sign not in _PHONE_SEPARATORS)
    return left if left.isdecimal() and left.isascii() else ""
