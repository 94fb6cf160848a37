"""`trustbot feedback`: what readers said of the answers, shown or deleted.

In: arguments and settings. Out: a report on standard output. Neither the embedder nor the vectors are loaded: the words
of the statements come from the stored documents.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from functools import partial

from trustbot.errors import IndexMissing, InvalidInput
from trustbot.index.chroma import current_snapshot
from trustbot.index.documents import stored_document
from trustbot.index.published import up_to_date
from trustbot.settings import Settings
from trustbot.web.feedback import report as feedback_report
from trustbot.web.feedback.store import FeedbackStore


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot feedback`."""
    parser.add_argument("--json", action="store_true", help="print JSON, with every row, and nothing else")
    parser.add_argument("--since", metavar="DATE", help="only from this day on, YYYY-MM-DD in UTC")
    parser.add_argument(
        "--delete-before", metavar="DATE", help="delete what was given before this day, and say how much"
    )
    parser.add_argument("--corpus", metavar="ID", help="corpus that was asked")


def run(args: Namespace, settings: Settings) -> int:
    """Show or delete as the options say; 0."""
    since, before = day("--since", args.since), day("--delete-before", args.delete_before)
    if since and before:
        raise InvalidInput("--since shows and --delete-before deletes. Give one of them.")
    store = FeedbackStore(settings.feedback_file)
    if before:
        count = store.delete_before(before)
        told = f"Deleted from the feedback on {settings.corpus}: {count} from before {args.delete_before}."
        _print(json.dumps({"deleted": count}) if args.json else told)
        return 0
    report = _report(store, settings, since)
    if args.json:
        _print(json.dumps(feedback_report.to_dict(report), ensure_ascii=False, indent=2))
    else:
        _print("\n".join(feedback_report.lines(report)))
    return 0


def _report(store: FeedbackStore, settings: Settings, since: datetime | None) -> feedback_report.Report:
    rows = store.rows(since)
    try:
        current = {d.content_hash for d in current_snapshot(up_to_date(settings)).corpus.documents} if rows else set()
    except IndexMissing:  # feedback outlives its index; which version of a document is current is then unknown
        current = set()
    stored = partial(stored_document, settings.index_dir)
    return feedback_report.make(settings.corpus, rows, stored, current, since)


def day(option: str, given: str | None) -> datetime | None:
    """The start of a day in UTC."""
    if given is None:
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(
            f"{option} {given[:40]!r} is not a day. Write it as YYYY-MM-DD, such as 2026-01-31."
        ) from None


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
