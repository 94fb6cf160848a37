"""Identifiers of nobody, in many forms: what takes the place of those in the prompts while the stage is trained."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

LOCALES = (
    *("en_US", "en_GB", "en_IN", "en_AU", "es_MX", "es_ES", "fr_FR", "de_DE", "it_IT", "pt_BR", "pl_PL", "nl_NL"),
    *("tr_TR", "sv_SE", "cs_CZ", "ro_RO", "hr_HR", "fi_FI", "id_ID", "vi_VN", "zu_ZA", "yo_NG", "tw_GH"),
)
LATIN = 0x250
"""Names in other scripts are left out: the encoder reads Latin letters."""


class Invented:
    """Makes values by type, with Faker."""

    def __init__(self, seed: int) -> None:
        from faker import Faker

        Faker.seed(seed)
        self._fakes: list[Any] = [Faker(locale) for locale in LOCALES]
        self._english: Any = Faker("en_US")

    def __call__(self, kind: str, old: str, rng: random.Random) -> str:
        """A value of `kind` that stands well where `old` stood."""
        made = getattr(self, f"_{kind.lower()}", None)
        value = made(old, rng) if made else _digits(old, rng)
        return " ".join(str(value).split()) or old

    def _name(self, old: str, rng: random.Random) -> str:
        words = old.split()
        first, last = self._names(rng)
        if len(words) == 1:
            made = rng.choice((first, last)) if old[:1].isupper() else rng.choice((first, last)).lower()
        elif len(words) == 2 and len(words[1].rstrip(".")) == 1:
            made = f"{first} {last[:1]}" + ("." if words[1].endswith(".") else "")
        elif len(words) == 2 and len(words[0].rstrip(".")) == 1:
            made = f"{first[:1]}{'.' if words[0].endswith('.') else ''} {last}"
        elif "," in old:
            made = f"{last}, {first}"
        elif len(words) > 2 and rng.random() < 0.6:
            made = f"{first} {self._names(rng)[rng.randrange(2)]} {last}"
        else:
            made = f"{first} {last}"
        if rng.random() < 0.08:
            made += f"-{self._names(rng)[1]}"
        return made.lower() if old.islower() else made

    def _names(self, rng: random.Random) -> tuple[str, str]:
        while True:
            fake = rng.choice(self._fakes)
            first, last = fake.first_name(), fake.last_name()
            if all(ord(c) < LATIN for c in first + last):
                return first, last

    def _address(self, old: str, rng: random.Random) -> str:
        fake = self._fakes[rng.randrange(5)] if rng.random() < 0.5 else rng.choice(self._fakes[:16])
        street = fake.street_address().replace("\n", ", ")
        made = rng.choice((street, f"{street}, {fake.city()}", f"{street}, {fake.city()} {fake.postcode()}"))
        return made.lower() if old.islower() else made

    def _phone(self, old: str, rng: random.Random) -> str:
        return _digits(old, rng) if rng.random() < 0.5 else str(rng.choice(self._fakes[:16]).phone_number())

    _fax = _phone

    def _email(self, old: str, rng: random.Random) -> str:
        return str(rng.choice(self._fakes[:16]).email())

    def _date(self, old: str, rng: random.Random) -> str:
        day = self._english.date_between("-95y", "today")
        forms = ("%m/%d/%Y", "%d/%m/%y", "%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d %b %y", "%m/%d", "%b %d")
        return str(day.strftime(rng.choice(forms))) if rng.random() < 0.6 else _digits(old, rng)


def _digits(old: str, rng: random.Random) -> str:
    """The same form with other digits, and where letters stand among digits other letters."""
    code = any(c.isdigit() for c in old)

    def other(c: str) -> str:
        if c.isdigit():
            return rng.choice("0123456789")
        if code and c.isalpha() and c.isupper() and rng.random() < 0.5:
            return rng.choice("ABCDEFGHJKLMNPRSTVXZ")
        return c

    return "".join(map(other, old))


Invent = Callable[[str, str, random.Random], str]
