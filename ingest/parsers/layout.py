"""The reading order of a printed page: words with places -> lines, columns one after the other, tables as rows.

In: the words of a page, each with its box, size and weight. Out: its lines as people read them. A gutter that no word
crosses parts columns; lines above, between and below that cross it keep their place. This module knows no PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

GUTTER = 0.9
"""Least width of the white space between columns, in sizes of the letters beside it."""
FEWEST_LINES = 3
"""Lines from which text beside text is a column."""
DEEPEST = 3
"""How often columns are looked for in columns."""


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word; lengths are points, from the page's upper left corner."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    is_bold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand beside each other; `column` tells lines of one column from those of the next."""

    words: tuple[Word, ...]
    column: int

    @property
    def text(self) -> str:
        """Its words, with single blanks."""
        return " ".join(w.text for w in self.words)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(w.right for w in self.words)

    @property
    def top(self) -> float:
        """Its upper edge."""
        return min(w.top for w in self.words)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return max(w.bottom for w in self.words)

    @property
    def size(self) -> float:
        """The size of most of its letters, in points."""
        sizes: dict[float, int] = {}
        for w in self.words:
            sizes[w.size] = sizes.get(w.size, 0) + len(w.text)
        return max(sizes, key=lambda s: (sizes[s], s))

    @property
    def is_bold(self) -> bool:
        """Whether every word of it with a letter is bold."""
        return all(w.is_bold for w in self.words if any(c.isalpha() for c in w.text))

    @property
    def cells(self) -> tuple[str, ...]:
        """Its words, parted where there is a gap wider than between words."""
        said = [[self.words[0].text]]
        for before, word in zip(self.words, self.words[1:], strict=False):
            if word.left - before.right > 1.2 * max(word.size, before.size):
                said.append([])
            said[-1].append(word.text)
        return tuple(" ".join(cell) for cell in said)


def reading_order(words: Sequence[Word]) -> list[Line]:
    """The lines of a page, in the order in which they are read."""
    return [line for column, part in enumerate(_parts(list(words))) for line in lines_of(part, column)]


def lines_of(words: Sequence[Word], column: int = 0) -> list[Line]:
    """Words side by side as lines, from top to bottom; raised and lowered ones belong to the line they are at."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.bottom, w.left)):
        row = rows[-1] if rows else None
        if row and _overlap(row, word) > 0.5:
            row.append(word)
        else:
            rows.append([word])
    return [Line(tuple(sorted(row, key=lambda w: w.left)), column) for row in rows]


def _overlap(row: Sequence[Word], word: Word) -> float:
    """How much of the lower of the two is beside the other, 0 to 1."""
    tallest = max(row, key=lambda w: w.bottom - w.top)
    shared = min(tallest.bottom, word.bottom) - max(tallest.top, word.top)
    return shared / max(min(tallest.bottom - tallest.top, word.bottom - word.top), 0.1)


def _parts(words: list[Word], depth: int = 0) -> list[list[Word]]:
    """Runs of words that are read from top to bottom; columns are parted, one after the other."""
    bands = _bands(words)
    found = _columns(bands) if depth < DEEPEST else None
    if found is None:
        return [words] if words else []
    first, last, gutter = found
    before, inside, after = bands[:first], bands[first:last], bands[last:]
    run = [w for band in inside for w in band]
    left, right = [w for w in run if w.right <= gutter], [w for w in run if w.right > gutter]
    parts = [*_parts(_all(before), depth), *_parts(left, depth + 1), *_parts(right, depth + 1)]
    return [*parts, *_parts(_all(after), depth)]


def _all(bands: Sequence[Sequence[Word]]) -> list[Word]:
    return [w for band in bands for w in band]


def _bands(words: Sequence[Word]) -> list[list[Word]]:
    """Words grouped by height on the page: no two groups share a height."""
    bands: list[list[Word]] = []
    end = float("-inf")
    # Letters that reach below or above their line are not to join two lines.
    for word in sorted(words, key=lambda w: w.top):
        inset = 0.2 * (word.bottom - word.top)
        if word.top + inset >= end:
            bands.append([])
        bands[-1].append(word)
        end = max(end, word.bottom - inset)
    return bands


def _columns(bands: Sequence[Sequence[Word]]) -> tuple[int, int, float] | None:
    """The longest run of bands that a gutter parts into two columns of text: first, behind the last, and where."""
    best: tuple[int, int, float] | None = None
    lines = 0
    for gutter in _gutters(bands):
        free = [not any(w.left < gutter < w.right for w in band) for band in bands]
        start = 0
        while start < len(bands):
            stop = start
            while stop < len(bands) and free[stop]:
                stop += 1
            first, last = _trimmed(bands, start, stop, gutter)
            count = _text_lines(_all(bands[first:last]), gutter)
            if count > lines:
                best, lines = (first, last, gutter), count
            start = stop + 1
    return best


def _gutters(bands: Sequence[Sequence[Word]]) -> list[float]:
    """Places at which a band has a gap that may part columns, those that the fewest words cross first."""
    seen: set[int] = set()
    for band in bands:
        edge = float("-inf")
        for word in sorted(band, key=lambda w: w.left):
            gap = word.left - edge
            if edge > 0 and gap >= GUTTER * word.size:
                # Near both ends: the line before may be a short one.
                first, last = round(edge) + 1, round(word.left)
                seen |= set(range(first, min(last, first + 30))) | set(range(max(first, last - 30), last))
            edge = max(edge, word.right)
    apart: list[int] = []
    crossed = {place: sum(w.left < place < w.right for band in bands for w in band) for place in seen}
    for place in sorted(seen, key=lambda place: (crossed[place], place)):
        if all(abs(place - other) > 4 for other in apart):
            apart.append(place)
    return [float(place) for place in apart[:24]]


def _trimmed(bands: Sequence[Sequence[Word]], start: int, stop: int, gutter: float) -> tuple[int, int]:
    """Without the bands at both ends that stand on one side only and apart from the others."""
    while start < stop and not _two_sided(bands[start], gutter) and _apart(bands, start, start + 1):
        start += 1
    while stop > start and not _two_sided(bands[stop - 1], gutter) and _apart(bands, stop - 2, stop - 1):
        stop -= 1
    return start, stop


def _two_sided(band: Sequence[Word], gutter: float) -> bool:
    return any(w.right <= gutter for w in band) and any(w.left >= gutter for w in band)


def _apart(bands: Sequence[Sequence[Word]], upper: int, lower: int) -> bool:
    if upper < 0 or lower >= len(bands):
        return True
    gap = min(w.top for w in bands[lower]) - max(w.bottom for w in bands[upper])
    return gap > 0.8 * median(w.size for w in bands[lower])


def _text_lines(words: Sequence[Word], gutter: float) -> int:
    """How many lines stand in two columns of running text; 0 for a table, whose cells are to stay beside each other."""
    count = 0
    sides = [w for w in words if w.right <= gutter], [w for w in words if w.left >= gutter]
    if not all(sides) or min(w.left for w in sides[1]) - max(w.right for w in sides[0]) < GUTTER * words[0].size:
        return 0  # blanks of a few lines that happen to stand below each other
    parted = [lines_of(side) for side in sides]
    # The last page of a text may have a line or two in its last column.
    if min(map(len, parted)) < FEWEST_LINES and max(map(len, parted)) < 4 * FEWEST_LINES:
        return 0
    for lines in parted:
        width = max(line.right for line in lines) - min(line.left for line in lines)
        filled = median((line.right - line.left) / max(width, 1) for line in lines)
        # Columns inside of a side stand beside each other unevenly, and leave its lines unfilled.
        length = median(len(line.words) for line in lines)
        if len(lines) >= FEWEST_LINES and (length < 3 or (filled < 0.6 and length < 4)):
            return 0
        count += len(lines)
    return count
