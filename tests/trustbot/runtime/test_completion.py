"""What a shell completes: a real bash loads the script, and is asked as if somebody had pressed Tab."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ingest.__main__ import main as ingest_main
from trustbot import __version__
from trustbot.cli import main
from trustbot.runtime.completion import SHELLS

PRESS = """
source "$1"
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
{function}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def pressed(script: str, folder: Path, *words: str, function: str = "_shtab_trustbot") -> list[str]:
    """What bash offers for the last of `words`."""
    file = folder / "completion.bash"
    file.write_text(script, encoding="utf-8")
    told = PRESS.format(words=" ".join(f"'{word}'" for word in words), function=function)
    done = subprocess.run(["bash", "-c", told, "bash", file], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", "bash"]) == 0
    return capsys.readouterr().out


def test_bash_completes_commands_and_options_of_every_command(script: str, tmp_path: Path) -> None:
    assert pressed(script, tmp_path, "trustbot", "fe") == ["feedback"]
    assert pressed(script, tmp_path, "trustbot", "feedback", "--del") == ["--delete-before"]
    assert pressed(script, tmp_path, "trustbot", "ask", "--hist") == ["--history"]
    assert pressed(script, tmp_path, "trustbot", "completion", "zs") == ["zsh"]


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "delete-before" in capsys.readouterr().out


def test_both_programs_say_their_version(capsys: pytest.CaptureFixture[str]) -> None:
    for command, name in ((main, "trustbot"), (ingest_main, "trustbot-ingest")):
        with pytest.raises(SystemExit) as left:
            command(["--version"])
        assert (left.value.code, capsys.readouterr().out) == (0, f"{name} {__version__}\n")


def test_an_unknown_shell_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["completion", "ksh"])
    assert left.value.code == 2
    assert "ksh" in capsys.readouterr().err
    assert ingest_main(["--completion", "ksh"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_other_program_completes_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert ingest_main(["--completion", "bash"]) == 0
    out = capsys.readouterr().out
    assert pressed(out, tmp_path, "trustbot-ingest", "--reb", function="_shtab_trustbot_ingest") == ["--rebuild"]
