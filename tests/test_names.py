"""Safe names."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from artpipe.names import MAX_ID_BYTES, candidates, image_id, path_text, safe_id, shown, with_suffix

# Anything a POSIX file system can hold as a base name, as Python shows it.
base_names = st.binary(min_size=1, max_size=255).filter(lambda raw: not {0, 47} & set(raw)).map(os.fsdecode)


@given(base_names)
def test_every_name_makes_a_safe_id(name: str) -> None:
    made = image_id(name)
    assert made
    assert len(made.encode()) <= MAX_ID_BYTES
    assert made[0] not in "-."
    assert "/" not in made
    assert unicodedata.is_normalized("NFC", made)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in made)


@given(base_names)
def test_an_id_stays_itself(name: str) -> None:
    made = image_id(name)
    assert safe_id(made) == made
    assert made in candidates(made)


@given(base_names, st.sampled_from(["png", "jpeg"]))
def test_a_file_name_leads_to_its_id(name: str, suffix: str) -> None:
    file = f"{name}.{suffix}"
    odd = any(unicodedata.category(character) in {"Cc", "Cs"} for character in file)
    # Names that only an escape could tell apart lead nowhere: garbage must not decide on anything.
    assert (image_id(file) in candidates(file)) is not odd
    assert (image_id(file) in candidates(f"some/where/{file}")) is not odd


@given(base_names)
def test_an_artifact_never_leaves_its_folder(name: str) -> None:
    path = Path("art/stage") / f"{image_id(name)}.png"
    assert os.path.normpath(path) == str(path)
    assert path.parent == Path("art/stage")


@given(base_names, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_suffix_fits(name: str, sha256: str) -> None:
    made = with_suffix(image_id(name), sha256)
    assert made.endswith(f"~{sha256[:8]}")
    assert len(made.encode()) <= MAX_ID_BYTES


@given(base_names)
def test_paths_can_be_stored_and_shown(name: str) -> None:
    assert path_text(name).encode()
    assert "\x1b" not in shown(name)
    assert "\n" not in shown(name)


def test_plain_names_are_left_alone() -> None:
    assert image_id("00af-12.v2.png") == "00af-12.v2"
    assert image_id("caf\u0065\u0301.jpg") == "caf\u00e9"
    assert image_id(".hidden") == "_hidden"
    assert image_id("-rf") == "_rf"
    assert shown("[red]:smile:") == "[red]:smile:"
