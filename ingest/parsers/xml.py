"""XML trees from files that nobody checked: no network, no entities of a file's own.

In: bytes. Out: the root of the tree, or InvalidInput. lxml parses.
"""

from __future__ import annotations

from typing import Any

from trustbot.errors import InvalidInput


def parse_tree(data: bytes, name: str = "A part of it") -> Any:
    """The root element of `data`; InvalidInput, which names the file, for what is no well-formed XML."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data.lstrip(), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        where = getattr(error, "lineno", None)
        place = f" at line {where}" if where else ""
        raise InvalidInput(f"{name} is not well-formed XML{place}. Export it anew.") from None
