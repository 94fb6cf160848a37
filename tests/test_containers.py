"""Containerfile, compose file and the values of docs/containers.md can't drift from the program; nothing is built."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from trustbot.settings import PREFIX, Settings
from trustbot.web.server import GRACE_SECONDS

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
(VALUES,) = (
    yaml.safe_load(text)
    for text in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/containers.md").read_text(encoding="utf-8"), re.DOTALL)
)
UID = 10001
PORT = Settings.model_fields["port"].default


def steps() -> list[tuple[str, str]]:
    """Each instruction of the Containerfile with what it says, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line.strip()]


def said(instruction: str) -> list[str]:
    return [value for name, value in steps() if name == instruction]


def set_in_image() -> dict[str, str]:
    return dict(part.split("=", 1) for value in said("ENV") for part in shlex.split(value))


def environment(service: dict[str, Any]) -> dict[str, str]:
    return {**set_in_image(), **service.get("environment", {})}


def test_what_is_copied_is_there_and_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [source for value in said("COPY") if "--from" not in value for source in value.split()[:-1]]
    assert len(copied) > 5
    assert [source for source in copied if not (ROOT / source).exists() or f"!{source}" not in ignored] == []
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(copied)
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = packaged["targets"]["wheel"]
    assert {path.split("/")[0] for path in (*wheel["packages"], *wheel["force-include"])} <= set(copied)


def test_the_image_installs_what_the_project_has_on_a_python_that_it_runs_on() -> None:
    (extras,) = re.findall(r"\.\[([\w,-]+)\]", " ".join(said("RUN")))
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    arguments = dict(value.split("=", 1) for value in said("ARG"))
    python = f"Programming Language :: Python :: {arguments['PYTHON']}"
    assert python in PROJECT["classifiers"]
    assert all("${PYTHON}" in value for value in said("FROM"))
    constrained = [command for value in said("RUN") for command in value.split("&&") if "pip install" in command]
    assert len(constrained) == 2
    assert all("--constraint .ci/constraints.txt" in command for command in constrained)


def test_nothing_runs_as_root_or_writes_outside_of_data_and_tmp() -> None:
    assert said("USER") == [f"{UID}:{UID}"]
    assert set_in_image()["TRUSTBOT_DATA_DIR"] == "/data"
    assert json.loads(said("VOLUME")[0]) == ["/data"]
    for service in COMPOSE["services"].values():
        assert (service["user"], service["read_only"]) == (f"{UID}:{UID}", True)
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
        assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
        assert service["volumes"] == ["data:/data"]
        assert "privileged" not in service
    pod, container = VALUES["podSecurityContext"], VALUES["securityContext"]
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"]) == (True, UID, UID, UID)
    assert (container["readOnlyRootFilesystem"], container["allowPrivilegeEscalation"]) == (True, False)
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert {mount["mountPath"] for mount in VALUES["volumeMounts"]} == {"/data", "/tmp"}
    assert {mount["name"] for mount in VALUES["volumeMounts"]} == {volume["name"] for volume in VALUES["volumes"]}


def test_every_setting_is_one_that_the_program_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {PREFIX + name.upper() for name in Settings.model_fields}
    for service in COMPOSE["services"].values():
        told = {name: value for name, value in environment(service).items() if name.startswith(PREFIX)}
        assert set(told) <= named
        for name in [n for n in os.environ if n.startswith(PREFIX)]:
            monkeypatch.delenv(name)
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        made = Settings()
        assert (made.host, str(made.data_dir), made.log_format) == ("0.0.0.0", "/data", "json")
    assert {entry["name"] for entry in VALUES["env"]} <= named


def test_ports_probes_and_commands_are_those_of_the_program() -> None:
    from trustbot.web.probes import add_probes  # the routes below are what it adds

    source = Path(add_probes.__code__.co_filename).read_text(encoding="utf-8")
    assert said("EXPOSE") == [str(PORT)]
    chat, ingest = COMPOSE["services"]["chat"], COMPOSE["services"]["ingest"]
    assert chat["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert VALUES["service"]["port"] == PORT
    (health,) = said("HEALTHCHECK")
    check = json.loads(health[health.index("[") :])
    assert chat["healthcheck"]["test"] == ["CMD", *check]
    compile(check[-1], "health", "exec")
    for option, key in (("interval", "interval"), ("timeout", "timeout"), ("start-period", "start_period")):
        assert f"--{option}={chat['healthcheck'][key]}" in health
    asked = re.findall(rf"http://127\.0\.0\.1:{PORT}(/\w+)", check[-1])
    probes = [VALUES[name]["httpGet"] for name in ("livenessProbe", "readinessProbe", "startupProbe")]
    assert {probe["port"] for probe in probes} == {PORT}
    for path in (*asked, *(probe["path"] for probe in probes)):
        assert f'"{path}"' in source
    assert json.loads(said("CMD")[0]) == chat["command"] == VALUES["command"]
    scripts = {chat["command"][0], ingest["command"][0], VALUES["initContainers"][0]["command"][0]}
    assert scripts == set(PROJECT["scripts"])
    assert chat["depends_on"] == {"ingest": {"condition": "service_completed_successfully"}}
    assert int(chat["stop_grace_period"].rstrip("s")) > GRACE_SECONDS
    assert VALUES["terminationGracePeriodSeconds"] > GRACE_SECONDS


def test_the_makefile_builds_the_image_that_is_run() -> None:
    recipe = re.search(r"^image:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    assert f"--file {COMPOSE['services']['ingest']['build']['dockerfile']}" in recipe[1]
    image = COMPOSE["services"]["chat"]["image"]
    assert f"--tag {image}" in recipe[1]
    assert VALUES["image"]["repository"] == image == COMPOSE["services"]["ingest"]["image"]
    passed = re.findall(r"--build-arg (\w+)=", recipe[1])
    assert passed
    assert set(passed) <= {value.split("=")[0] for value in said("ARG")}
