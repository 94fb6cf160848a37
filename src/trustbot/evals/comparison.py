"""Two finished runs -> what changed, item by item, with paired tests.

In: the reports of an earlier and a later run. Out: differences per category as plain JSON types, and blocks
for the page. Only items that both runs have are compared. This module runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.evals.estimates import difference
from trustbot.evals.pages import Block, Heading, Paragraph, Table
from trustbot.evals.scoring import BINARY

REPORT = "report.json"
_LISTED = 200


def load_report(folder: Path) -> dict[str, Any]:
    """The report of a finished run; InvalidInput if the folder holds none."""
    path = folder / REPORT
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{folder} holds no finished run; give a folder that `trustbot eval --out` wrote.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise InvalidInput(f"{path} can't be read as a report; run the evaluation again.") from None
    if not isinstance(report, dict) or not {"kind", "run", "items"} <= report.keys():
        raise InvalidInput(f"{path} is not a report of an evaluation; run the evaluation again.")
    return report


def compare_runs(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Category -> figure -> difference (new minus old), and every item whose figures changed.

    Raises InvalidInput if the runs are of different kinds or have no item in common.
    """
    if old["kind"] != new["kind"]:
        raise InvalidInput(f"A {old['kind']} run can't be compared with a {new['kind']} run; give two of one kind.")
    before = {item["id"]: item for item in old["items"]}
    pairs = [(before[item["id"]], item) for item in new["items"] if item["id"] in before]
    if not pairs:
        raise InvalidInput("The two runs have no item in common; compare runs over the same data set.")
    groups: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    for pair in pairs:
        for name in dict.fromkeys((pair[1]["category"], "all")):
            groups.setdefault(name, []).append(pair)
    return {
        "kind": new["kind"],
        "old": old["run"],
        "new": new["run"],
        "items": len(pairs),
        "only_old": len(old["items"]) - len(pairs),
        "only_new": len(new["items"]) - len(pairs),
        "categories": {
            name: _differences(groups[name]) for name in sorted(groups, key=lambda name: name.startswith("all"))
        },
        "changed": [change for pair in pairs if (change := _change(*pair))["figures"]],
    }


def comparison_blocks(comparison: Mapping[str, Any]) -> list[Block]:
    """The page of a comparison."""
    blocks: list[Block] = [
        Paragraph(_summary(comparison)),
        *_settings_blocks(comparison),
        Heading("Differences"),
    ]
    header = ("figure", "items", "old", "new", "difference", "better", "worse", "p", "test")
    for name, figures in comparison["categories"].items():
        rows = tuple(_row(figure, d) for figure, d in figures.items())
        blocks += [Heading(name, 3), Table(header, rows, "New minus old, with 95 % intervals.")]
    changed = comparison["changed"]
    rows = tuple(
        (change["id"], change["category"], figure, f"{old:.2f}", f"{new:.2f}")
        for change in changed[:_LISTED]
        for figure, (old, new) in change["figures"].items()
    )
    blocks.append(Heading("Items that changed"))
    return [
        *blocks,
        Table(("item", "category", "figure", "old", "new"), rows) if rows else Paragraph("None."),
    ]


def headline_blocks(comparison: Mapping[str, Any]) -> list[Block]:
    """What a terminal shows of a comparison: the differences over all items."""
    rows = tuple(
        (name, str(d["n"]), f"{d['old']:.3f}", f"{d['new']:.3f}", _interval(d), f"{d['p_value']:.2g}")
        for name, d in comparison["categories"]["all"].items()
    )
    header = ("figure", "items", "old", "new", "difference", "p")
    return [Paragraph(_summary(comparison)), Table(header, rows, "New minus old, with 95 % intervals.")]


def _differences(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, Any]:
    names = dict.fromkeys(name for _, new in pairs for name in new["figures"])
    found = {}
    for name in names:
        both = [
            (o["figures"][name], n["figures"][name]) for o, n in pairs if name in o["figures"] and name in n["figures"]
        ]
        if both:
            old, new = zip(*both, strict=True)
            found[name] = asdict(difference(old, new, binary=name in BINARY))
    return found


def _change(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        name: (old["figures"][name], value)
        for name, value in new["figures"].items()
        if name in old["figures"] and old["figures"][name] != value
    }
    return {"id": new["id"], "category": new["category"], "figures": figures}


def _summary(comparison: Mapping[str, Any]) -> str:
    old, new = comparison["old"], comparison["new"]
    text = f"{comparison['items']} items in both runs: {old['made']} (old) and {new['made']} (new)."
    if comparison["only_old"] or comparison["only_new"]:
        text += f" Only in the old one: {comparison['only_old']}; only in the new one: {comparison['only_new']}."
    if old["dataset_hash"] != new["dataset_hash"]:
        text += " The data sets differ; items are paired by id."
    return text


def _settings_blocks(comparison: Mapping[str, Any]) -> list[Block]:
    old, new = (_flatten(comparison[name]) for name in ("old", "new"))
    rows = tuple(
        (name, _shown(old.get(name)), _shown(new.get(name)))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name) and name != "made"
    )
    if not rows:
        return [Paragraph("Both runs were made with the same settings.")]
    return [Heading("Made differently"), Table(("what", "old", "new"), rows, numeric=False)]


def _flatten(run: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in run.items() if not isinstance(value, dict)}
    for group in ("settings", "options"):
        flat |= {f"{group} {name}": value for name, value in run.get(group, {}).items()}
    return flat


def _shown(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(figure: str, d: Mapping[str, Any]) -> tuple[str, ...]:
    means, counts = (f"{d['old']:.3f}", f"{d['new']:.3f}"), (str(d["better"]), str(d["worse"]))
    return (figure, str(d["n"]), *means, _interval(d), *counts, f"{d['p_value']:.3g}", d["test"])


def _interval(d: Mapping[str, Any]) -> str:
    return f"{d['mean']:+.3f}" + ("" if d["low"] is None else f" [{d['low']:+.3f}, {d['high']:+.3f}]")
