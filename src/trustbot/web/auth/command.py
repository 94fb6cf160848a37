"""`trustbot token`: a visitor's token as a portal would sign it, to try a portal before it can.

In: arguments, settings and `portals.toml`. Out: the token on standard output, and nothing else.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from trustbot.errors import InvalidInput
from trustbot.query.personas import PERSONAS
from trustbot.settings import Settings
from trustbot.web.auth.claims import LIFETIME, Signer, mint
from trustbot.web.auth.keys import parse_keys
from trustbot.web.auth.portals import Portal, load_portals
from trustbot.web.http.problems import TokenRefused

LONGEST = LIFETIME // 60


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot token`."""
    parser.add_argument("--issuer", metavar="URL", required=True, help="issuer of a [[portal]] in portals.toml")
    parser.add_argument("--visitor", metavar="ID", default="test", help="opaque id of the visitor; `test` if left out")
    parser.add_argument("--persona", metavar="P", help=f"who is asking: {', '.join(PERSONAS)}")
    parser.add_argument("--corpus", metavar="ID", help="corpus that may be asked")
    parser.add_argument(
        "--minutes", metavar="N", type=int, default=LONGEST, help=f"how long it holds, 1 to {LONGEST} minutes"
    )
    parser.add_argument(
        "--key", metavar="FILE", type=Path, help="private key (PEM) of a portal that publishes its keys"
    )
    parser.add_argument("--key-id", metavar="ID", help="`kid` under which the key is published at an address")


def run(args: Namespace, settings: Settings) -> int:
    """Print a token; 0. Raises InvalidInput."""
    if not 1 <= args.minutes <= LONGEST:
        raise InvalidInput(f"--minutes {args.minutes} is out of range. A token holds for 1 to {LONGEST} minutes.")
    signer = _signer(_portal(settings.portals_file, args.issuer), args.key, args.key_id)
    try:
        token = mint(signer, args.visitor, settings.corpus, args.persona, args.minutes * 60)
    except TokenRefused as error:
        raise InvalidInput(str(error)) from None
    sys.stdout.write(token + "\n")
    return 0


def _portal(file: Path, issuer: str) -> Portal:
    if not file.exists():
        raise InvalidInput(f"There is no {file}. Write one with a [[portal]] whose issuer is {issuer}.")
    portals = load_portals(file).portals
    found = next((portal for portal in portals if portal.issuer == issuer), None)
    if found is None:
        known = ", ".join(portal.issuer for portal in portals) or "none"
        raise InvalidInput(
            f"{file} has no [[portal]] with the issuer {issuer}. It has {known}: correct one of the two."
        )
    return found


def _signer(portal: Portal, key: Path | None, key_id: str | None) -> Signer:
    if portal.secret is not None:
        if key is not None:
            raise InvalidInput(f"{portal.issuer} signs with its secret_file, not with a private key. Leave out --key.")
        return Signer(portal.issuer, portal.secret)
    if key is None:
        raise InvalidInput(
            f"{portal.issuer} signs with a private key that only the portal has. Name a file with it: --key FILE."
        )
    private = _private(key)
    algorithm = "RS256" if isinstance(private, RSAPrivateKey) else "ES256"
    published = None
    if portal.jwks_file is not None:
        published = _published(portal.jwks_file, private)
    return Signer(portal.issuer, key.read_bytes(), algorithm, key_id or published)


def _private(file: Path) -> RSAPrivateKey | EllipticCurvePrivateKey:
    key: Any = None
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise InvalidInput(f"{file} can't be read ({error.strerror}). Name a file with a private key.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass
    if isinstance(key, RSAPrivateKey) or (isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1"):
        return key
    raise InvalidInput(f"{file} holds no private key, RSA or P-256, as PEM without a passphrase. Name one that does.")


def _published(file: Path, private: RSAPrivateKey | EllipticCurvePrivateKey) -> str | None:
    """The id under which the public half is published; raises InvalidInput if it isn't."""
    try:
        keys = parse_keys(file.read_bytes())
    except ValueError as error:
        raise InvalidInput(f"{file}: {error}. Put the portal's public keys there.") from None
    public = private.public_key().public_numbers()
    found = next((key for key in keys if key.key.public_numbers() == public), None)
    if found is None:
        raise InvalidInput(f"The public half of that key is not in {file}. Add it, or name the key that belongs there.")
    return found.id
