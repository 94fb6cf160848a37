"""Keys of portals, and the tokens that they sign."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://portal.example.edu"
CORPUS = "preceptor-trust"
SECRET = b"a secret that the portal shares, 48 bytes of it.."


@dataclass(frozen=True)
class Pair:
    """A private key, and its public half as a portal publishes it."""

    private: Any = field(repr=False)
    algorithm: str
    id: str

    @property
    def jwk(self) -> dict[str, Any]:
        writer = RSAAlgorithm if self.algorithm == "RS256" else ECAlgorithm
        return {**writer.to_jwk(self.private.public_key(), as_dict=True), "kid": self.id, "use": "sig"}

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, **claims: Any) -> str:
        return token(key=self.private, algorithm=self.algorithm, headers={"kid": self.id}, **claims)


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token as a portal writes it; claims that are None are left out."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "trustbot", "sub": "v-17", "corpus": CORPUS, "iat": now, "exp": now + 900}
    told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers=headers)


def key_set(*pairs: Pair) -> bytes:
    """A JSON Web Key Set."""
    return json.dumps({"keys": [pair.jwk for pair in pairs]}).encode()


@pytest.fixture(scope="session")
def sign():
    return token


@pytest.fixture(scope="session")
def publish():
    return key_set


@pytest.fixture(scope="session")
def secret() -> bytes:
    return SECRET


@pytest.fixture(scope="session")
def rsa_pair() -> Pair:
    return Pair(rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256", "rsa-1")


@pytest.fixture(scope="session")
def ec_pair() -> Pair:
    return Pair(ec.generate_private_key(ec.SECP256R1()), "ES256", "ec-1")


@pytest.fixture(scope="session")
def new_pair():
    def make(name: str, curve: Any = None) -> Pair:
        return Pair(ec.generate_private_key(curve or ec.SECP256R1()), "ES256", name)

    return make
