"""Random numbers that are the same on every machine: a counter goes in, mixed bits come out."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

_WORD = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
# The sum of four 16-bit numbers has this standard deviation: 65536 * sqrt(4 / 12).
_BELL_SCALE = 1.0 / 37837.2


@dataclass(frozen=True)
class Draws:
    """Independent streams of random numbers over a UInt64 column, one stream per label.

    The generator is splitmix64 (Steele, Lea and Flood 2014) used as a counter-based generator, in wrapping
    integer arithmetic only, so neither the Polars version nor the processor changes a result.
    """

    seed: int
    counter: str

    def bits(self, label: str) -> pl.Expr:
        """64 random bits."""
        state = pl.col(self.counter) * _word(_GOLDEN) + _word(_stream_key(self.seed, label))
        state = (state ^ (state // _word(1 << 30))) * _word(0xBF58476D1CE4E5B9)
        state = (state ^ (state // _word(1 << 27))) * _word(0x94D049BB133111EB)
        return state ^ (state // _word(1 << 31))

    def uniform(self, label: str) -> pl.Expr:
        """A float in [0, 1)."""
        return (self.bits(label) // _word(1 << 11)).cast(pl.Float64) * 2.0**-53

    def whole(self, label: str, low: int | pl.Expr, high: int | pl.Expr) -> pl.Expr:
        """A whole number from low to high, both included; the bounds may be columns."""
        span = (_expr(high) - _expr(low) + 1).cast(pl.UInt64)
        return (self.bits(label) // _word(1 << 32) % span).cast(pl.Int32) + _expr(low)

    def chance(self, label: str, per_mille: int | pl.Expr) -> pl.Expr:
        """True in so many of a thousand cases."""
        return self.whole(label, 0, 999) < _expr(per_mille)

    def bell(self, label: str) -> pl.Expr:
        """A nearly normal float with mean 0 and deviation 1, never beyond 3.5."""
        bits = self.bits(label)
        parts = [(bits // _word(1 << shift) % _word(1 << 16)).cast(pl.Int32) for shift in (0, 16, 32, 48)]
        return (parts[0] + parts[1] + parts[2] + parts[3] - 131070).cast(pl.Float64) * _BELL_SCALE

    def pick(self, label: str, choices: Sequence[tuple[str, int]]) -> pl.Expr:
        """One of the (text, weight) choices."""
        point = self.whole(label, 0, sum(weight for _, weight in choices) - 1)
        picked = pl.lit(choices[-1][0])
        edge = sum(weight for _, weight in choices)
        for index in range(len(choices) - 1, 0, -1):
            edge -= choices[index][1]
            picked = pl.when(point < edge).then(pl.lit(choices[index - 1][0])).otherwise(picked)
        return picked


def exponential(column: str, scale: float) -> pl.Expr:
    """About e to the power of scale times a float column, for powers between -4 and 4.

    The library's exp may differ in the last bit from one machine to the next; sums and products may not.
    The power comes as a column, for Polars would compute an expression anew in every term.
    """
    power = pl.col(column) * scale
    series = pl.lit(1.0)
    for term in range(22, 0, -1):
        series = 1.0 + power / float(term) * series
    return series


def _word(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)


def _expr(value: int | pl.Expr) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value, dtype=pl.Int32)


def _stream_key(seed: int, label: str) -> int:
    key = _FNV_OFFSET
    for byte in f"{seed}/{label}".encode():
        key = ((key ^ byte) * _FNV_PRIME) & _WORD
    return key
