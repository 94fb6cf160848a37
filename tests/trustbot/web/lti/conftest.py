"""A data folder whose `portals.toml` knows the tests' learning platform."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def data(tmp_path_factory, learning_platform):
    folder = tmp_path_factory.mktemp("lti")
    (folder / "portals.toml").write_text(learning_platform.entry())
    return folder
