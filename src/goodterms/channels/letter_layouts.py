"""Where the parts of a letter stand on its first page, so that the address shows in the window of the envelope."""

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the page, in millimetres from its left and top edges."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, left: float, top: float) -> bool:
        """Whether a point lies inside, to a tenth of a millimetre."""
        across = self.left - 0.1 <= left <= self.left + self.width + 0.1
        return across and self.top - 0.1 <= top <= self.top + self.height + 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLayout:
    """Positions in millimetres. ``window`` is what the envelope may show, ``address`` what it shows however the
    letter slides in it; ``return_line`` says whether the sender stands in the window, above the address.
    """

    name: str
    paper: str
    width: float
    height: float
    window: Window
    address: Window
    return_line: bool
    reference: Window
    body_top: float
    left: float
    right: float
    top: float
    bottom: float
    folds: tuple[float, ...]
    hole: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Mappings and numbers only."""
        return asdict(self)


# DIN 5008:2020-03, form B: address field 85 x 45 mm, 20 mm from the left and 45 mm from the top, its upper 17.7 mm for
# the return address and remarks, the lower 27.3 mm for up to six lines; information block from 125 mm, 50 mm from the
# top; text 25 mm from the left, at least 20 mm from the right, from 98.46 mm; fold marks at 105 and 210 mm, hole mark
# at 148.5 mm. Window of DIN 680: 90 x 45 mm.
DIN_5008_B = LetterLayout(
    name="din5008b",
    paper="a4",
    width=210,
    height=297,
    window=Window(left=20, top=45, width=90, height=45),
    address=Window(left=25, top=62.7, width=80, height=27.3),
    return_line=True,
    reference=Window(left=125, top=50, width=65, height=40),
    body_top=98.46,
    left=25,
    right=20,
    top=27,
    bottom=34,
    folds=(105, 210),
    hole=148.5,
)
# DL envelope 110 x 220 mm (ISO 269; BS 4264 for its window of 35 x 90 mm, 20 mm from the left, 18 mm from the bottom)
# for A4 folded in three panels of 99 mm. The letter may slide 11 mm up and down and 10 mm sideways: with it the window
# shows the page from 46 to 92 mm, and always from 57 to 81 mm; from 10 to 110 mm, and always from 20 to 100 mm.
UK_DL = replace(
    DIN_5008_B,
    name="uk_dl",
    window=Window(left=10, top=46, width=100, height=46),
    address=Window(left=22, top=57, width=78, height=24),
    return_line=False,
    body_top=100,
    left=22,
    folds=(99, 198),
    hole=None,
)
# No. 10 envelope 4 1/8 x 9 1/2 in with its usual window of 1 1/8 x 4 1/2 in, 7/8 in from the left and 1/2 in from the
# bottom, for US letter folded in three panels of 93.1 mm. The letter may slide 11.6 mm up and down and 25.4 mm
# sideways: the window shows the page from 51.8 to 92.1 mm, and always from 63.5 to 80.4 mm; always from 22.2 to
# 111.1 mm. USPS DMM 202 asks for 1/8 in clear space at the sides and 1/25 in above and below the address.
US_10 = replace(
    UK_DL,
    name="us10",
    paper="us-letter",
    width=215.9,
    height=279.4,
    window=Window(left=0, top=51.8, width=136.5, height=40.3),
    address=Window(left=25.4, top=64.6, width=82.5, height=14.7),
    reference=Window(left=138, top=50, width=58, height=40),
    body_top=98,
    left=25.4,
    folds=(93.13, 186.27),
)
LETTER_LAYOUTS = {layout.name: layout for layout in (DIN_5008_B, UK_DL, US_10)}
