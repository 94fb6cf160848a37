"""The index that is built here, published on a Chroma server with the graphs that it is read with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ingest.report import Report
from trustbot.index.chroma import open_index
from trustbot.index.published import fetch_documents
from trustbot.index.sending import send
from trustbot.index.server import SENDING_SECONDS, Server, server_of
from trustbot.index.versions import writing
from trustbot.models.cards import expected_model, exported_dir, reader_id
from trustbot.query.safety.model import packaged_heads
from trustbot.reading.model import FILE, load_model
from trustbot.settings import Settings


def published(
    settings: Settings, corpus_id: str, index_dir: Path, build: Callable[[], Report], *, anew: bool = False
) -> Report:
    """The report of `build`, which brings `index_dir` up to date, once the server that the settings name serves it.

    Without a server it is only built. With `anew`, what the server has is read again. Raises IndexUnreachable, before
    anything is built where it can, or what `build` or `sending.send` do; the version before is then served.
    """
    server = server_of(settings, SENDING_SECONDS)
    if server is None:
        return build()
    with closing(server):
        fetch_documents(server, corpus_id, index_dir)
        report = build()
        done = "published" if _sent(server, settings, index_dir, anew) else "published already"
    return replace(report, sent=f"On the Chroma server at {server.url}: {done}.")


def _sent(server: Server, settings: Settings, index_dir: Path, anew: bool) -> bool:
    with writing(index_dir), closing(open_index(index_dir)) as index:
        reader, _ = load_model(index.read_extra(FILE), "The index's reader")
        graphs = (reader.metadata["graph"], packaged_heads()[0].metadata["graph"])
        models = dict.fromkeys((expected_model(settings.embedder), *map(reader_id, graphs)))
        return send(server, index, [exported_dir(model, settings.models_dir) for model in models], anew=anew)
