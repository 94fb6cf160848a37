"""The published schema of the API, as OpenAPI 3.1 has it.

In: an application's routes, and whether visitors without a token are answered. Out: a document in which every reference
can be followed, and that says of a token what is so: that it may be left out, or not. This module knows no route.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

NESTED, PUBLISHED = "#/$defs/", "#/components/schemas/"


class Api(FastAPI):
    """An application whose bodies are read by hand, and whose token is optional while `anonymous` is true."""

    anonymous = True

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            schema = super().openapi()
            # pydantic puts the parts of a body's schema beside it, where nothing that refers to the whole looks.
            parts: dict[str, Any] = schema.setdefault("components", {}).setdefault("schemas", {})
            self.openapi_schema = _hoisted(schema, parts)
            for operation in (o for path in schema["paths"].values() for o in path.values()):
                if self.anonymous and "security" in operation:
                    operation["security"] = [{}, *operation["security"]]
        return self.openapi_schema


def _hoisted(value: Any, parts: dict[str, Any]) -> Any:
    """`value`, changed in place: each nested definition is put among `parts`, and what refers to it there."""
    if isinstance(value, list):
        for item in value:
            _hoisted(item, parts)
    elif isinstance(value, dict):
        for name, part in value.pop("$defs", {}).items():
            parts.setdefault(name, _hoisted(part, parts))
        if str(value.get("$ref", "")).startswith(NESTED):
            value["$ref"] = PUBLISHED + value["$ref"].removeprefix(NESTED)
        for item in list(value.values()):
            _hoisted(item, parts)
    return value
