"""Curves and counts -> pictures as `data:` addresses.

In: plain numbers from a report. Out: SVG pictures, self-contained. This module computes no figure; matplotlib
is an optional extra, and `missing_library` says what to install where it is absent.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MARK, SOFT = "#1b2430", "#0b5c8a", "#9aa5b1"
INSTALL = 'pip install "trustbot[evals]"'


def missing_library() -> str | None:
    """One sentence on what to install for pictures, or None where they can be drawn."""
    return None if find_spec("matplotlib") else f"Plots are left out: install them with `{INSTALL}`."


def reliability(bins: Sequence[Mapping[str, float]]) -> str:
    """Predicted probability against the observed share, a point a bin, sized by its items."""
    figure, axes = _canvas("predicted probability", "share that is answerable")
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    predicted, observed = [b["predicted"] for b in bins], [b["observed"] for b in bins]
    axes.plot(predicted, observed, color=MARK, linewidth=1.2)
    most = max(b["items"] for b in bins)
    axes.scatter(predicted, observed, s=[20 + 140 * b["items"] / most for b in bins], color=MARK, zorder=3)
    _unit_square(axes)
    return _data_uri(figure)


def abstention(curve: Mapping[str, Any]) -> str:
    """Precision against recall of declining what is not covered, with the point that the threshold gives."""
    figure, axes = _canvas("recall: share of the uncovered that is declined", "precision")
    axes.step(curve["recall"], curve["precision"], where="post", color=MARK, linewidth=1.5)
    decision = curve["at_decision"]
    axes.scatter([decision["recall"]], [decision["precision"]], color=INK, marker="x", s=60, zorder=3)
    _unit_square(axes)
    return _data_uri(figure)


def histogram(values: Sequence[float], label: str) -> str:
    """How often each value occurs, in bins that suit the data."""
    figure, axes = _canvas(label, "items")
    # Many widths of the automatic rule make one far outlier cost millions of bins.
    axes.hist(values, bins=min(40, max(5, len(values) // 3)), color=MARK, edgecolor="white", linewidth=0.5)
    return _data_uri(figure)


def intervals(rows: Sequence[tuple[str, float, float | None, float | None]], label: str) -> str:
    """A point between 0 and 1 with its interval for each named row, from top to bottom."""
    figure, axes = _canvas(label, "", height=1.0 + 0.34 * len(rows))
    for place, (_, mean, low, high) in enumerate(rows):
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=SOFT, linewidth=3, solid_capstyle="round")
        axes.plot([mean], [place], "o", color=MARK)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(-0.03, 1.03)
    return _data_uri(figure)


def _canvas(across: str, up: str, height: float = 3.6) -> tuple[Figure, Axes]:
    # The object interface, not pyplot: pyplot keeps every figure alive and picks a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6eaef", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _unit_square(axes: Axes) -> None:
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)


def _data_uri(figure: Figure) -> str:
    from matplotlib import rc_context

    picture = io.BytesIO()
    # A fixed salt and no date: the same figures give the same bytes.
    with rc_context({"svg.hashsalt": "trustbot"}):
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    # The prolog names a document type by its address; nothing in the report shall name another host.
    svg = picture.getvalue()
    return "data:image/svg+xml;base64," + base64.b64encode(svg[svg.index(b"<svg") :]).decode("ascii")
