"""Filters of people's templates that say no before they build more than a message can hold."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from liquid.exceptions import FilterArgumentError, FilterError, LiquidError

from goodterms.messages.languages import Language

MOST_CHARACTERS = 200_000
"""What one filter may take or give, however it is nested; a message is far shorter."""
LARGEST_NUMBER = 10**18
_MULTIPLYING = ("replace", "replace_first", "replace_last")
_SMALL = 8


class TooMuch(FilterError):
    """A filter was to take or build more than MOST_CHARACTERS."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: more than {MOST_CHARACTERS:,} characters come out of this; shorten it", token=None)


def bound_filters(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The same filters, each within MOST_CHARACTERS and LARGEST_NUMBER; what they cannot use is a fault of theirs."""
    return {name: _bound(name, given) for name, given in filters.items()}


def plural_in(language: Language) -> Callable[..., str]:
    """The filter ``plural``: the form of a word that goes with a count, in that language."""

    def plural(count: object, one: object, other: object) -> str:
        try:
            number = int(str(count))
        except ValueError as error:
            raise FilterArgumentError("plural expected a whole number before it", token=None) from error
        return language.plural(number, str(one), str(other))

    return plural


def _bound(name: str, given: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(given)
    def within(value: Any, *args: Any, **kwargs: Any) -> Any:
        _check(name, value, *args)
        _check_growth(name, value, args)
        try:
            made = given(value, *args, **kwargs)
        except LiquidError:
            raise
        except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise FilterArgumentError(f"{name} cannot use what it was given", token=None) from error
        _check(name, made)
        return made

    return within


def _check(name: str, *values: Any) -> None:
    if any(_measure(value, MOST_CHARACTERS) > MOST_CHARACTERS for value in values):
        raise TooMuch(name)


def _check_growth(name: str, value: Any, args: tuple[Any, ...]) -> None:
    """What grows by as many times as something occurs is counted before it is built."""
    if name in _MULTIPLYING:
        if args and not str(args[0]):
            raise FilterArgumentError(f"{name} expected a text to look for, found an empty one", token=None)
        if len(args) > 1 and str(value).count(str(args[0])) * len(str(args[1])) > MOST_CHARACTERS:
            raise TooMuch(name)
    is_series = name == "join" and args and isinstance(value, str | list | tuple | range)
    if is_series and len(value) * len(str(args[0])) > MOST_CHARACTERS:
        raise TooMuch(name)


def _measure(value: Any, left: int) -> int:
    """About how many characters a value has when it is printed; counting stops once it is more than ``left``."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int | float):
        return _SMALL if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else left + 1
    if isinstance(value, range):
        return len(value)
    if not isinstance(value, list | tuple | Mapping):
        return _SMALL
    size = 0
    for item in value.values() if isinstance(value, Mapping) else value:
        size += 1 + _measure(item, left - size)
        if size > left:
            break
    return size
