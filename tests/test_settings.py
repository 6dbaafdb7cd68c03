"""artpipe.toml as the tool reads it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from artpipe.actions.init import template
from artpipe.errors import SettingsError
from artpipe.settings import DATABASE_NAME, FILE_NAME, Settings, load

NOTHING_SET = [
    "",
    "\n\n",
    "# nothing\n",
    "[run]",
    "  [run]\t\r\n[library]\n# jobs = 4",
    "[stages.web-optimized]\n[stages.phash]\n[stages]\n",
]
MORE = [
    "[run]\njobs = 3\n",
    "[run] # [library]\n",
    "[ run ]\n",
    '["run"]\n',
    "run = {}\n",
    "[stages.web-optimized]\nwidth = 300\n[run]\njobs = 1\n",
    "[stages.a.b]\n",
    "[stages.web_2]\n",
    "[stages]\n[stages.phash]\n",
]
WRONG = [
    "[run]\n[run]\n",
    "[[run]]\n",
    "[run\n",
    "run]\n",
    "[]\n",
    "[stages.]\n",
    "[.run]\n",
    "[mine]\n",
    "jobs\n",
    "\0\n",
]


def settings(folder: Path, text: str) -> Settings:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return load(folder / DATABASE_NAME, None, {})


@pytest.mark.parametrize("text", [*NOTHING_SET, *MORE, template()])
def test_stages_are_what_the_parser_reads(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text).stages == tomllib.loads(text).get("stages", {})


@pytest.mark.parametrize("text", [*NOTHING_SET, template()])
def test_a_file_that_sets_nothing_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    absent = load(tmp_path / DATABASE_NAME, None, {})
    assert settings(tmp_path, text)._replace(stages={}) == absent


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=FILE_NAME):
        settings(tmp_path, text)


def test_user_is_who_the_environment_says_else_who_is_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import getpass

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert settings(tmp_path, "").user == getpass.getuser()
    monkeypatch.setenv("USER", "ada")
    assert settings(tmp_path, "").user == "ada"
    assert load(tmp_path / DATABASE_NAME, None, {"ARTPIPE_USER": "grace"}).user == "grace"
