"""Damaged and hostile videos harm nothing but themselves, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.films import animation, film
from support.library import TestLibrary
from support.photos import small


def without_pyav(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_pyav(folder, monkeypatch, "raise ModuleNotFoundError('No module named av')")


def other_pyav(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    hidden = folder / "hidden"
    (hidden / "av").mkdir(parents=True, exist_ok=True)
    (hidden / "av" / "__init__.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(hidden))


def test_without_pyav_everything_else_works(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    film(library.img / "clip.mp4")
    animation(library.img / "moving.gif")
    with monkeypatch.context() as patched:
        without_pyav(library.folder, patched)
        result = library.run("register", "img")
        assert result.code == 69
        assert "pip install 'artpipe[video]'" in result.err
        assert library.sql("SELECT id FROM images") == [("moving",)]
        library.ok("run")
        assert library.artifact("v-moving-0002", "thumbnails-small").exists()
    library.ok("register", "img")
    with monkeypatch.context() as patched:
        without_pyav(library.folder, patched)
        result = library.run("run")
        assert result.code == 69
        assert "pip install 'artpipe[video]'" in result.err
    library.ok("run")
    assert library.artifact("v-clip-0001", "thumbnails-small").exists()


def test_damaged_video_gives_what_can_be_read(library: TestLibrary) -> None:
    data = bytearray(film(library.img / "clip.mkv", 60, size=(160, 120)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\x55" * 2000
    (library.img / "clip.mkv").write_bytes(data)
    library.ok("register", "img")
    result = library.ok("run")
    assert "damaged" in result.err
    number = library.value("SELECT count(*) FROM lineage")
    assert 1 < number <= 6


@pytest.mark.parametrize("suffix", ["mkv", "webm"])
def test_truncated_video_gives_its_beginning(library: TestLibrary, suffix: str) -> None:
    data = film(library.img / f"clip.{suffix}", 60, size=(160, 120)).read_bytes()
    (library.img / f"clip.{suffix}").write_bytes(data[: len(data) // 2])
    library.ok("register", "img")
    assert "the file is damaged" in library.ok("run").err
    assert 1 < library.value("SELECT count(*) FROM lineage") < 6


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_truncated_animation_gives_its_beginning(library: TestLibrary, suffix: str) -> None:
    data = animation(library.img / f"moving.{suffix}", 8, milliseconds=1000).read_bytes()
    (library.img / f"moving.{suffix}").write_bytes(data[: len(data) * 2 // 3])
    library.ok("register", "img")
    if library.value("SELECT NOT rejected FROM images"):
        assert "the file is damaged" in library.ok("run").err
        assert 1 <= library.value("SELECT count(*) FROM lineage") < 8


@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm", "mkv"])
def test_sound_video_is_not_called_damaged(library: TestLibrary, suffix: str) -> None:
    film(library.img / f"clip.{suffix}", 25)
    library.ok("register", "img")
    assert "damaged" not in library.ok("run", "video-frames").err


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm", "mkv"])
def test_a_hole_in_the_middle_is_said(library: TestLibrary, suffix: str, place: float) -> None:
    data = bytearray(film(library.img / f"clip.{suffix}", 60, size=(160, 120)).read_bytes())
    at = int(len(data) * place)
    data[at : at + len(data) // 8] = b"\x55" * (len(data) // 8)
    (library.img / f"clip.{suffix}").write_bytes(data)
    library.ok("register", "img")
    assert "the file is damaged" in library.ok("run", "video-frames").err
    assert 1 <= library.value("SELECT count(*) FROM lineage") <= 6


def test_a_header_alone_is_rejected(library: TestLibrary) -> None:
    data = film(library.img / "clip.mp4", 60).read_bytes()
    (library.img / "clip.mp4").write_bytes(data[: len(data) // 2])
    library.ok("register", "img")
    assert library.sql("SELECT id, rejection_reason FROM images") == [("clip", "invalid")]
    assert library.json("run")["completed"] == 0


def test_too_many_pixels_are_not_decoded(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 10, size=(640, 480))
    library.ok("init")
    library.settings("[library]\nmax_pixels = 100000\n")
    library.ok("register", "img")
    assert library.value("SELECT rejection_reason FROM images") == "too-large"


def test_too_many_frames_are_not_taken(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 40)
    library.ok("register", "img")
    library.settings("[stages.video-frames]\nevery = 1\nmax_frames = 7\n")
    assert "only the first 7 frames" in library.ok("run").err
    assert library.value("SELECT count(*) FROM lineage") == 7


def test_memory_is_bounded(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 5, size=(6000, 4000))
    library.ok("register", "img")
    library.settings("[stages.video-frames]\nmemory = 500\n")
    run = library.json("run", "video-frames")
    assert (run["completed"], run["failed"]) == (0, 1), run
    assert library.value("SELECT error_code FROM jobs WHERE stage = 'video-frames'") == "out-of-memory"


def test_no_other_file_is_read(library: TestLibrary) -> None:
    """A playlist with the name of a video is none."""
    secret = film(library.folder / "secret.mp4", 5)
    (library.img).mkdir()
    (library.img / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n")
    (library.img / "concat.mkv").write_text(f"ffconcat version 1.0\nfile '{secret}'\n")
    library.ok("register", "img")
    assert {row[0] for row in library.sql("SELECT rejection_reason FROM images")} == {"invalid"}


def test_a_decoder_that_dies_fails_one_job(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    film(library.img / "clip.mp4", 5)
    small(library.img / "picture.png", 1)
    crash = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    with monkeypatch.context() as patched:
        other_pyav(library.folder, patched, crash)
        result = library.run("register", "img")
        assert (result.code, library.sql("SELECT id FROM images")) == (1, [("picture",)])
        assert "hung or died" in result.err
    library.ok("register", "img")
    with monkeypatch.context() as patched:
        other_pyav(library.folder, patched, crash)
        run = library.json("run", "-j", "1")
        assert (run["by_stage"]["video-frames"], run["by_stage"]["thumbnails-small"]["completed"]) == (
            {"completed": 0, "failed": 1},
            1,
        )
        assert library.value("SELECT min(error_code) FROM jobs WHERE status = 'failed'") == "decoder-died"


def test_a_decoder_that_hangs_is_ended(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    film(library.img / "clip.mp4", 5)
    library.ok("register", "img")
    library.settings("[stages.video-frames]\ntimeout = 1\n")
    with monkeypatch.context() as patched:
        other_pyav(library.folder, patched, "import time\ntime.sleep(100)\n")
        assert library.json("run", "video-frames")["failed"] == 1
    assert library.sql("SELECT error_code FROM jobs") == [("timeout",)]
