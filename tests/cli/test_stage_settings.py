"""Settings of stages that can't be right: refused before anything runs, with file, key and what is allowed."""

from __future__ import annotations

import pytest
from support.library import TestLibrary


def refused(library: TestLibrary, settings: str) -> str:
    library.ok("init")
    library.settings(settings)
    result = library.run("run", "--dry-run")
    assert (result.code, result.out) == (78, "")
    assert str(library.folder / "artpipe.toml") in result.err
    return result.err


@pytest.mark.parametrize("value", ["blurhash", "phash"])
def test_a_value_is_no_file_to_work_on(library: TestLibrary, value: str) -> None:
    said = refused(library, f'[stages.x]\ninput = "{value}"\ncommand = ["cp", "{{input}}", "{{output}}"]\n')
    assert f"stages.x.input is '{value}', which makes values and no files" in said
    assert "web-optimized" in said


def test_inputs_to_choose_from_are_named_once_each(library: TestLibrary) -> None:
    said = refused(library, '[stages.x]\ninput = "uptsream"\nkind = "resize"\n')
    known = said.partition("Known: ")[2].strip().rstrip(".").split(", ")
    assert len(known) == len(set(known))
    assert {"upstream", "video-frames", "web-optimized"} <= set(known)
    assert {"x", "blurhash", "phash"} & set(known) == set()


def test_a_stage_says_what_it_does(library: TestLibrary) -> None:
    said = refused(library, '[stages.x]\ninput = "upstream"\n')
    assert "stages.x needs `command`, a list of texts, or `kind`, one of" in said
    assert "None" not in said


def test_pairs_that_cannot_be_read(library: TestLibrary) -> None:
    said = refused(
        library,
        '[stages.x]\ninput = ["upstream", "web-optimized"]\npairs = "pairs.txt"\n'
        'command = ["cp", "{input}", "{output}"]\n',
    )
    assert "stages.x.pairs" in said
    assert '"all", "asked" or the name of a file' in said


def test_lines_that_are_no_pairs_are_named_with_their_place(library: TestLibrary) -> None:
    library.ok("init")
    library.settings(
        '[stages.x]\ninput = ["upstream", "web-optimized"]\npairs = "lists/pairs.txt"\n'
        'command = ["cp", "{input}", "{output}"]\n'
    )
    (library.folder / "lists").mkdir()
    (library.folder / "lists/pairs.txt").write_text("\n\na b\r\nalone\n")
    said = library.ok("run", "x").err
    assert "There is no image a, which a pair names (lists/pairs.txt, line 3)" in said
    assert "'alone' is no pair (lists/pairs.txt, line 4)" in said
    result = library.run("pair", "x", "-", stdin=b"alone\n")
    assert (result.code, "'alone' is no pair (line 1)" in result.err) == (1, True)
