"""The figures of a run -> blocks of a page.

In: a report as `report.json` holds it. Out: blocks for Markdown and HTML. This module computes no figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from trustbot.evals import plots
from trustbot.evals.pages import Block, Figure, Fold, Heading, Paragraph, Table
from trustbot.evals.report import BY_OUTCOME, BY_VOICE
from trustbot.evals.scoring import METRICS

Report = Mapping[str, Any]


def conversation_blocks(report: Report) -> list[Block]:
    """The page of a conversation run, from the summary to every miss."""
    note = plots.missing_library()
    blocks: list[Block] = [Paragraph(_summary(report))]
    if note:
        blocks.append(Paragraph(note))
    blocks += _category_blocks(report, METRICS)
    blocks += _group_blocks(report)
    if report["unscored"]:
        count = _count(report["unscored"], "item has no gold statement", "items have no gold statements")
        blocks.append(Paragraph(f"{count} and so no hit, recall or precision; they count nowhere as zero."))
    blocks += _answerability_blocks(report["answerability"], drawn=note is None)
    blocks += _latency_blocks(report, drawn=note is None)
    blocks += _miss_blocks(report["misses"])
    blocks += _listing_blocks(report)
    return [*blocks, *run_blocks(report["run"])]


def headline_blocks(report: Report) -> list[Block]:
    """What a terminal shows of a conversation run."""
    figures = report["answerability"]
    blocks: list[Block] = [Paragraph(_summary(report)), figures_table(report["categories"], METRICS)]
    blocks += [block for block in _group_blocks(report) if isinstance(block, Table)]
    return [*blocks, Paragraph(_answerability_text(figures))] if figures else blocks


def figures_blocks(report: Report, metrics: Sequence[str], explanation: str) -> list[Block]:
    """The page of a run that has only figures per category: of searches."""
    note = plots.missing_library()
    blocks: list[Block] = [Paragraph(explanation), *([Paragraph(note)] if note else [])]
    blocks += _category_blocks(report, metrics)
    if unjudged := report.get("unjudged"):
        left_out = _count(unjudged, "line names no relevant document", "lines name no relevant document")
        blocks.append(Paragraph(f"{left_out} and so left out."))
    blocks += _weakest_blocks(report.get("weakest", ()))
    return [*blocks, *run_blocks(report["run"])]


def run_blocks(run: Mapping[str, Any]) -> list[Block]:
    """What the run was made with."""
    plain = {name: value for name, value in run.items() if name not in ("settings", "options")}
    rows = [*plain.items(), *((f"option {k}", v) for k, v in run["options"].items())]
    rows += [(f"setting {name}", value) for name, value in run["settings"].items()]
    shown = tuple((name.replace("_", " "), _plain(value)) for name, value in rows)
    return [Heading("How this was made"), Table(("what", "value"), shown, numeric=False)]


def interval_text(figure: Mapping[str, Any]) -> str:
    """`0.900 [0.850, 0.950]`, without brackets where there is no interval."""
    if figure["low"] is None:
        return f"{figure['mean']:.3f}"
    return f"{figure['mean']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def figures_table(groups: Mapping[str, Any], metrics: Sequence[str], by: str = "category") -> Table:
    """A row a group of items, a column a figure that any group has; `by` says what the groups are."""
    shown = [m for m in metrics if any(m in group for group in groups.values())]
    # A column that is zero everywhere says nothing; asking back is rare.
    shown = [m for m in shown if m != "clarify" or any(g.get(m, {}).get("mean") for g in groups.values())]
    rows = tuple(
        (name, str(group["items"]), *(interval_text(group[m]) if m in group else "–" for m in shown))
        for name, group in groups.items()
    )
    return Table((by, "items", *shown), rows, "Means with 95 % intervals.")


def _summary(report: Report) -> str:
    total = sum(report["outcomes"].values())
    parts = [f"{count} {outcome}" for outcome, count in sorted(report["outcomes"].items())]
    return f"{_count(total, 'conversation', 'conversations')} asked: {', '.join(parts)}."


def _category_blocks(report: Report, metrics: Sequence[str]) -> list[Block]:
    categories = report["categories"]
    blocks: list[Block] = [Heading("Figures by category"), figures_table(categories, metrics)]
    if plots.missing_library() is None:
        for metric in metrics:
            rows = [
                (name, group[metric]["mean"], group[metric]["low"], group[metric]["high"])
                for name, group in categories.items()
                if metric in group
            ]
            if len(rows) > 1 and any(mean for _, mean, *_ in rows):
                blocks.append(Figure(plots.intervals(rows, metric), f"{metric} by category, with 95 % intervals"))
    return blocks


def _group_blocks(report: Report) -> list[Block]:
    """Figures of answers by how they ended, and of items by who asks, where there are such."""
    blocks: list[Block] = []
    for by, metrics in (("outcome", BY_OUTCOME), ("voice", BY_VOICE)):
        if groups := report[f"by_{by}"]:
            blocks += [Heading(f"Figures by {by}"), figures_table(groups, metrics, by)]
    return blocks


def _answerability_blocks(figures: Mapping[str, Any] | None, *, drawn: bool) -> list[Block]:
    heading = Heading("Saying no")
    if figures is None:
        return [heading, Paragraph("No curve: this needs items labelled answerable and items labelled not.")]
    rows = tuple((f"{b['predicted']:.2f}", f"{b['observed']:.2f}", str(b["items"])) for b in figures["reliability"])
    blocks: list[Block] = [heading, Paragraph(_answerability_text(figures))]
    if drawn:
        blocks += [
            Figure(
                plots.reliability(figures["reliability"]),
                "Reliability: predicted probability against the share that is answerable. "
                "On the dashed line the two agree; larger points hold more items.",
            ),
            Figure(
                plots.abstention(figures["abstention"]),
                "Precision and recall of declining what is not covered; the cross is the decision taken.",
            ),
        ]
    return [*blocks, Table(("mean predicted", "observed", "items"), rows, "Reliability by bin.")]


def _answerability_text(figures: Mapping[str, Any]) -> str:
    decision, average = figures["abstention"]["at_decision"], figures["abstention"]["average_precision"]
    return (
        f"Over {figures['items']} labelled items ({figures['answerable']} answerable) the probability of "
        f"being answerable has an AUROC of {figures['auroc']:.3f} and a Brier score of "
        f"{figures['brier']:.3f}; declining by it has an average precision of {average:.3f}. At the decision "
        f"taken, precision is {decision['precision']:.3f} and recall {decision['recall']:.3f}."
    )


def _latency_blocks(report: Report, *, drawn: bool) -> list[Block]:
    latency = report["latency_ms"]
    text = (
        f"Milliseconds to the last turn's answer: median {latency['p50']:.0f}, 95th percentile "
        f"{latency['p95']:.0f}, longest {latency['max']:.0f}."
    )
    blocks: list[Block] = [Heading("Latency"), Paragraph(text)]
    if drawn:
        values = [item["latency_ms"] for item in report["items"]]
        blocks.append(Figure(plots.histogram(values, "milliseconds"), "Latency of the last turn's answer"))
    stages = tuple((name, f"{value:.1f}") for name, value in report["stages_ms"].items())
    return [*blocks, Table(("stage", "median ms"), stages)] if stages else blocks


def _miss_blocks(misses: Sequence[Mapping[str, Any]]) -> list[Block]:
    blocks: list[Block] = [Heading("Every miss")]
    if not misses:
        return [*blocks, Paragraph("None.")]
    return [*blocks, *(_miss_fold(miss) for miss in misses)]


def _miss_fold(miss: Mapping[str, Any]) -> Fold:
    lines = [
        ("asked", "\n".join(miss["turns"])),
        ("understood as", miss["understood_as"]),
        ("resolved", "; ".join(f"{part} → {became}" for part, became in miss["resolved"].items())),
        ("wanted", "\n".join(miss["wanted"])),
        ("outcome", miss["outcome"]),
        ("text", miss["text"]),
        ("reason", miss["reason"] or ""),
        ("nearest", "; ".join(miss["nearest"])),
        ("quotes", "\n".join(miss["quotes"])),
        ("closest", "\n".join(miss["closest"])),
        ("figures", _numbers(miss["figures"])),
        ("signals", _numbers(miss["signals"])),
        ("latency", f"{miss['latency_ms']:.0f} ms"),
    ]
    summary = f"{miss['id']} ({miss['category']}): {'; '.join(miss['shortfalls'])}"
    return Fold(summary, tuple((name, text) for name, text in lines if text))


def _weakest_blocks(weakest: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not weakest:
        return []
    folds = [
        Fold(f"{row['id']} ({row['category']})", tuple((name, text) for name, text in row["lines"] if text))
        for row in weakest
    ]
    return [Heading("What fell short"), *folds]


def _listing_blocks(report: Report) -> list[Block]:
    rows = tuple(
        (
            item["id"],
            item["category"],
            item["question"],
            item["outcome"],
            item["reply"],
            "–" if item["probability"] is None else f"{item['probability']:.2f}",
            f"{item['latency_ms']:.0f}",
        )
        for item in report["items"]
    )
    header = ("item", "category", "last question", "outcome", "reply", "probability", "ms")
    return [Heading("Every item"), Table(header, rows, numeric=False)]


def _numbers(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
