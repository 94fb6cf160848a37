"""Sealed files: what was written comes back, and no byte can change unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.files.sealed import unseal, write_sealed, write_whole

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=25)  # each is written to the disk in earnest
@given(data=st.dictionaries(st.text().filter(lambda k: k != "checksum"), PLAIN, min_size=1))
def test_what_was_written_comes_back(data: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("sealed") / "file.json"
    write_sealed(path, data)
    raw = path.read_bytes()
    assert unseal(raw) == data
    assert json.loads(raw) == data | {"checksum": json.loads(raw)["checksum"]}, "it is plain JSON for other programs"


def test_a_change_of_any_byte_is_noticed(tmp_path: Path) -> None:
    write_sealed(tmp_path / "file.json", {"name": "ü", "list": [1, 2, {"a": None}], "checksum of nothing": "x"})
    raw = (tmp_path / "file.json").read_bytes()
    for place in range(len(raw)):
        for bit in range(8):
            with pytest.raises(ValueError, match="checksum"):
                unseal(raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :])
        for other in (raw[:place], raw[:place] + raw[place + 1 :], raw[:place] + b" " + raw[place:]):
            with pytest.raises(ValueError, match="checksum"):
                unseal(other)


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"first")
    (tmp_path / "file.tmp").mkdir()  # so that the second write fails before it is done
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"
