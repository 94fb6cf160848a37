"""`trustbot lti`: lets a learning platform register itself, and shows or removes those that are known.

In: arguments, settings and `portals.toml`. Out: an address to paste, or a list, on standard output. A server that runs
on the same data folder sees each change at once.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.text.origins import NoOrigin, parse_origins
from trustbot.web.auth.portals import Platform, load_portals
from trustbot.web.http.addresses import place
from trustbot.web.http.lti_paths import REGISTER
from trustbot.web.lti.registered import Invitation, Registry, lasting

HOURS = 72


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot lti`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "Print an address, good for one registration, that the platform's administrator pastes."
    invite = actions.add_parser("invite", help=text, description=text)
    invite.add_argument("--url", metavar="URL", help="the server's public address; TRUSTBOT_ROOT_PATH if left out")
    invite.add_argument(
        "--hours", metavar="N", type=int, default=HOURS, help=f"how long it can be used, 1 to 720; {HOURS} if left out"
    )
    invite.add_argument(
        "--origin", metavar="URL", action="append", default=[], help="where people see the platform, if elsewhere"
    )
    invite.add_argument(
        "--private", action="store_true", help="the platform may be in this network, or on this machine"
    )
    text = "List the platforms that are known, and the invitations that were not used."
    shown = actions.add_parser("list", help=text, description=text)
    shown.add_argument("--json", action="store_true", help="print JSON and nothing else")
    text = "Forget a platform that registered itself, or take an invitation back."
    actions.add_parser("remove", help=text, description=text).add_argument(
        "id", metavar="ID", help="as `list` shows it"
    )


def run(args: Namespace, settings: Settings) -> int:
    """Do what the arguments say; 0. Raises InvalidInput and StorageError."""
    if args.action == "remove":
        Registry(settings.data_dir).remove(args.id)
        _print(f"Removed: {args.id}")
    elif args.action == "list":
        value = _known(settings)
        _print(json.dumps(value, ensure_ascii=False, indent=2) if args.json else "\n".join(_lines(value)))
    else:
        _print(_invite(args, settings))
    return 0


def _invite(args: Namespace, settings: Settings) -> str:
    if find_spec("pylti1p3") is None:
        raise InvalidInput("The package for LTI is not installed. Install it with `pip install 'trustbot[lti]'`.")
    base = place(args.url or settings.root_path).url
    if not base:
        raise InvalidInput(
            "The public address of the server isn't known. Give it with --url https://host[/path], or set "
            "TRUSTBOT_ROOT_PATH to it."
        )
    if not 1 <= args.hours <= 720:
        raise InvalidInput(f"--hours {args.hours} is out of range. An invitation holds for 1 to 720 hours.")
    try:
        origins = parse_origins(args.origin).listed
    except NoOrigin as error:
        raise InvalidInput(f"--origin can't be used: {error}") from None
    allowed = Invitation(ends=lasting(args.hours), origins=origins, private=args.private)
    return f"{base}{REGISTER}/{Registry(settings.data_dir).invite(allowed)}"


def _known(settings: Settings) -> dict[str, Any]:
    registry = Registry(settings.data_dir)
    listed = [_told(p) for p in load_portals(settings.portals_file, others=True).platforms]
    kept = [{"id": name, **r.model_dump(mode="json")} for name, r in registry.registrations().items()]
    open_ones = [{"id": name, **i.model_dump(mode="json")} for name, i in registry.invitations().items()]
    return {"portals.toml": listed, "registered": kept, "invitations": open_ones}


def _told(platform: Platform) -> dict[str, Any]:
    names = ("issuer", "client_id", "deployments", "origins")
    return {name: getattr(platform, name) for name in names}


def _lines(value: dict[str, Any]) -> list[str]:
    lines = [f"portals.toml  {p['issuer']}  client {p['client_id']}" for p in value["portals.toml"]]
    for p in value["registered"]:
        deployments = ", ".join(p["deployments"]) or "any"
        day = p["registered"][:10]
        lines.append(f"{p['id']}  {p['issuer']}  client {p['client_id']}, deployment {deployments}, since {day}")
    lines += [f"{i['id']}  invitation, not used yet, until {i['ends']}" for i in value["invitations"]]
    return lines or ["No platform is known, and none is invited. `trustbot lti invite` invites one."]


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
