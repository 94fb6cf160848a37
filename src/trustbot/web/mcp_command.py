"""`trustbot mcp`: the tools for a program that speaks the Model Context Protocol.

In: arguments and settings. Out: messages on standard output, which holds nothing else; with `--http`, the server of
`trustbot serve`, whose address `/mcp` speaks the same.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

import anyio

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.web.i18n import words
from trustbot.web.mcp_server import PATH, create_server, installed
from trustbot.web.service import Service


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot mcp`."""
    parser.add_argument(
        "--http", action="store_true", help=f"serve over HTTP at {PATH}, with everything else that `serve` serves"
    )
    parser.add_argument("--host", help="address to listen on, with --http")
    parser.add_argument("--port", type=int, help="port to listen on, with --http; 0 takes a free one")
    parser.add_argument("--corpus", metavar="ID", help="corpus to ask")


def run(args: Namespace, settings: Settings) -> int:
    """Serve until the client leaves; 0. Raises TrustbotError where the library or the index is missing."""
    if not installed():
        raise InvalidInput(words.NO_MCP)
    if args.http:
        from trustbot.web.server import serve

        serve(settings)
        return 0
    if args.host or args.port is not None:
        raise InvalidInput("--host and --port are for --http. Add it, or leave them out.")
    from trustbot.bot import build_bot
    from trustbot.web.logs import configure

    configure(as_json=settings.log_format == "json", questions=settings.log_questions)
    service = Service(settings, build_bot)
    service.open()
    if sys.stdin.isatty():
        sys.stderr.write(words.MCP_WAITS + "\n")
    anyio.run(_over_pipes, service)
    return 0


async def _over_pipes(service: Service) -> None:
    from mcp.server.stdio import stdio_server

    server = create_server(service, service.bot.corpus.title)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
