"""Programs that do everything wrong: each fails its own job with its reason, and nothing of them is left."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small
from support.processes import children, running, wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")

# Nobody else sleeps this long, not even these tests in another process: what is left over is found by it.
LONG = f"86423.{os.getpid():09}5"

# Its beginning and its end are a picture's, what is between is not.
GARBLE = (
    '(head -c 200 "$1"; tr "\\0-\\377" "\\1-\\377\\0" < "$1" | tail -c +201) > "$2"; '
    'printf "\\0\\0\\0\\0IEND\\256B\\140\\202" >> "$2"'
)
# Name -> script ($1 is the input, $2 the output), reason code, part of the message.
WRONG = {
    "fails": ("echo first; echo why >&2; exit 7", "command-failed", "exit status 7. It printed: first / why"),
    "crashes": ("kill -SEGV $$", "command-failed", "by signal SIGSEGV. It printed nothing."),
    "hangs": (f"echo start; sleep {LONG}", "command-timeout", "limit of 3 s and was stopped. It printed: start"),
    "deaf": (f"trap '' TERM; while :; do sleep {LONG}; done", "command-timeout", "limit of 3 s"),
    "endless": ("yes", "command-timeout", "It printed: y / y / y / y / y"),
    "loud": ("yes | head -c 100000000; echo the end; exit 1", "command-failed", "y / the end"),
    "binary": ("printf '\\033[31mred\\033]0;title\\007\\377'; exit 1", "command-failed", "\\x1b[31mred\\x1b]0;title\\x07"),
    "nothing": (":", "output-missing", "It wrote no output."),
    "empty": (': > "$2"', "output-empty", "empty"),
    "half": ('head -c 700 "$1" > "$2"', "output-invalid", "ends too early"),
    "text": ('echo hello > "$2"', "output-invalid", "should be png, and is no picture"),
    "wrong-type": ("printf 'GIF89a' > \"$2\"", "output-invalid", "should be png, and is a gif file"),
    "garbled": (GARBLE, "output-invalid", "damaged"),
    "folder": ('mkdir "$2"', "output-invalid", "no plain file"),
    "link": ('ln -s "$1" "$2"', "output-invalid", "no plain file"),
    "forks": (f"sleep {LONG} & sleep {LONG} & exit 0", "output-missing", "no output"),
    "daemon": (f"(setsid sh -c 'sleep {LONG} & sleep {LONG}' &) & exit 4", "command-failed", "status 4"),
    "disguised": (f"env -i setsid sh -c '(trap \"\" TERM HUP; sleep {LONG}) &' ; sleep {LONG}", "command-timeout", "3 s"),
}  # fmt: skip


def stage(name: str, script: str, **keys: object) -> str:
    command = json.dumps(["sh", "-c", script, "sh", "{input}", "{output}"])
    lines = [f"[stages.{name}]", f"command = {command}", 'for = "all"']
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]) + "\n"


def fill(library: TestLibrary, number: int) -> None:
    for seed in range(number):
        small(library.img / f"p{seed}.png", seed, (60, 40))
    library.ok("register", "img")


def test_each_fails_with_its_reason_and_the_rest_is_done(library: TestLibrary) -> None:
    fill(library, 1)
    good = {
        "good": 'cp "$1" "$2"',
        "leaves-something-running": f'cp "$1" "$2"; sleep {LONG} &',
        "closes-its-mouth": 'exec >&- 2>&-; sleep 0.3; cp "$1" "$2"',
        "links": 'ln "$1" "$2"',
    }
    stages = [stage(name, script, timeout=3) for name, (script, _, _) in WRONG.items()]
    library.settings("".join([*stages, *(stage(name, script, timeout=60) for name, script in good.items())]))
    result = library.run("run", *WRONG, *good, "-j", "4")
    assert result.code == 1
    failed = {
        row[0]: row[1:]
        for row in library.sql("SELECT stage, error_code, error_message, failure_kind FROM jobs WHERE status='failed'")
    }
    assert {name: row[0] for name, row in failed.items()} == {name: code for name, (_, code, _) in WRONG.items()}
    for name, (_, _, message) in WRONG.items():
        assert message in failed[name][1], name
        assert len(failed[name][1]) < 2000
    assert {row[2] for row in failed.values()} == {"transient"}
    assert library.sql("SELECT stage FROM artifacts WHERE stage <> 'upstream' ORDER BY 1") == [
        (name,) for name in sorted(good)
    ]
    assert running(LONG) == []
    # Its output was a second name of the original; nobody can change the one through the other.
    assert library.artifact("p0", "links").stat().st_nlink == 1


def test_one_colour_counts_only_where_it_is_allowed_or_natural(library: TestLibrary) -> None:
    fill(library, 1)
    flat = library.img / "flat.ppm"
    flat.write_bytes(b"P6 4 4 255 " + b"a" * 48)
    library.ok("register", flat)
    write = "printf 'P6 2 2 255 aaaaaaaaaaaa' > \"$2\""
    library.settings(stage("strict", write, extension="ppm") + stage("lax", write, extension="ppm", allow_flat=True))
    assert library.run("run", "strict", "lax").code == 1
    assert library.sql("SELECT image_id, stage, error_code FROM jobs WHERE status = 'failed'") == [
        ("p0", "strict", "output-flat")
    ]
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 3


def test_missing_program_blocks_its_stage_and_charges_nothing(library: TestLibrary) -> None:
    fill(library, 3)
    script = library.folder / "no-interpreter"
    script.write_text("#!/no/such/program\n")
    script.chmod(0o755)
    library.settings(
        '[stages.absent]\ncommand = ["no-such-program-here", "{output}"]\nfor = "all"\n'
        '[stages.broken]\ncommand = ["./no-interpreter", "{output}"]\nfor = "all"\n' + stage("good", 'cp "$1" "$2"')
    )
    result = library.run("run", "absent", "broken", "good")
    assert result.code == 69
    assert "absent was left out: There is no program no-such-program-here here" in result.err
    assert "broken was left out" in result.err
    assert library.sql("SELECT stage, status, max(attempts), count(*) FROM jobs GROUP BY 1, 2 ORDER BY 1") == [
        ("absent", "pending", 0, 3),
        ("broken", "pending", 0, 3),
        ("good", "completed", 1, 3),
    ]


def test_retries_say_how_often_it_is_tried_again(library: TestLibrary) -> None:
    fill(library, 1)
    for retries in (0, 1, 4):
        name = f"fails-{retries}"
        library.settings(stage(name, "exit 1", retries=retries))
        tried = 0
        while library.json("run", name)["failed"]:
            tried += 1
            library.sql("UPDATE jobs SET due_at = datetime('now', '-1 minute') WHERE due_at IS NOT NULL")
        assert tried == retries + 1
        assert "due again" not in library.json("why", "p0", name)["message"]


def slow(library: TestLibrary) -> str:
    """A program with a family: children, and one that has gone into a session of its own."""
    script = f"(setsid sleep {LONG} &) ; sleep {LONG} & echo $$ >> {library.folder}/started; sleep {LONG}"
    return stage("slow", script, timeout=600)


def started(library: TestLibrary) -> int:
    log = library.folder / "started"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.mark.parametrize("victim", ["worker", "coordinator", "interrupted"])
def test_nothing_is_left_of_whoever_is_killed(library: TestLibrary, victim: str) -> None:
    fill(library, 1)
    library.settings(slow(library))
    process = library.start("run", "slow", "-j", "1")
    wait_for(lambda: len(running(LONG)) >= 4, process)
    match victim:
        case "worker":
            os.kill(children(process.pid)[0], signal.SIGKILL)
        case "coordinator":
            process.kill()
        case _:
            process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    wait_for(lambda: not running(LONG))
    if victim == "worker":
        assert library.sql("SELECT error_code FROM jobs") == [("worker-died",)]
    library.settings("")
    library.ok("run", "thumbnails-small")


def test_no_more_than_its_workers_at_once_over_all_runs(library: TestLibrary) -> None:
    fill(library, 10)
    alone = f'cd {library.folder}; mkdir busy || echo twice >> overlaps; sleep 0.05; cp "$1" "$2"; rmdir busy'
    library.settings(stage("alone", alone, workers=1))
    processes = [library.start("run", "alone", "-j", "2") for _ in range(3)]
    for process in processes:
        answer = process.communicate(timeout=120)
        assert process.returncode == 0, answer
    assert not (library.folder / "overlaps").exists()
    assert library.sql("SELECT status, count(*) FROM jobs") == [("completed", 10)]


def test_place_of_a_killed_run_is_free_again(library: TestLibrary) -> None:
    fill(library, 2)
    library.settings(slow(library).replace("timeout", "workers = 1\ntimeout"))
    process = library.start("run", "slow", "-j", "2")
    wait_for(lambda: started(library), process)
    assert library.sql("SELECT status, count(*) FROM jobs GROUP BY 1") == [("pending", 1), ("running", 1)]
    process.kill()
    process.communicate()
    library.settings(stage("slow", 'cp "$1" "$2"', workers=1))
    assert library.json("run", "slow")["completed"] == 2


def test_places_are_kept_for_built_in_work_too(library: TestLibrary) -> None:
    fill(library, 4)
    library.settings("[stages.thumbnails-small]\nworkers = 1\n")
    assert library.json("run", "thumbnails-small", "phash", "-j", "2")["completed"] == 8


def test_program_can_be_a_run_itself(library: TestLibrary, tmp_path: Path) -> None:
    """Ending what a dead worker has left must not end the workers of a run within a run."""
    fill(library, 1)
    inner = TestLibrary(tmp_path / "inner")
    inner.folder.mkdir()
    for seed in range(4):
        small(inner.img / f"q{seed}.png", seed)
    # Named: above it lies the outer one.
    inner.ok("--db", inner.db, "init")
    inner.ok("register", "img")
    inner.settings(stage("slow", 'sleep 0.5; cp "$1" "$2"') + "[stages.thumbnails-small]\ntimeout = 0.000001\n")
    run = f"{sys.executable} -m artpipe --db {inner.db} run slow thumbnails-small -j 2"
    library.settings(stage("outer", f'{run}; test $? = 1 && cp "$1" "$2"', timeout=300))
    library.ok("run", "outer")
    assert inner.sql("SELECT stage, status, error_code, count(*) FROM jobs GROUP BY 1, 2, 3 ORDER BY 1") == [
        ("slow", "completed", None, 4),
        ("thumbnails-small", "failed", "timeout", 4),
    ]


@pytest.mark.parametrize(
    ("script", "left"),
    {
        "writes": ('cp "$1" "$2"; echo more >> "$1"', True),
        "removes": ('mv "$1" "$2"', False),
        "fails-too": ('echo more >> "$1"; exit 3', True),
    }.values(),
)
def test_program_that_changes_its_input_is_not_let_at_others(library: TestLibrary, script: str, left: bool) -> None:
    library.repeats = True
    for seed in range(60):
        small(library.img / f"p{seed:02}.png", seed, (60, 40))
    library.ok("register", "--copy", "img")
    library.settings(stage("harms", script, workers=1))
    result = library.run("run", "harms", "-j", "1")
    assert result.code == 69
    assert "harms was left out: The program changed its input" in result.err
    assert library.sql("SELECT error_code, failure_kind FROM jobs WHERE status = 'failed'") == [
        ("input-changed", "permanent")
    ]
    assert not list(library.art.glob("harms/*"))
    changed = [row["item"] for row in library.json("verify")["findings"]]
    assert len(changed) == 1
    original = library.art / f"upstream/{changed[0]}.png"
    assert original.exists() is left
    original.write_bytes((library.img / original.name).read_bytes())
    library.settings("")
    library.ok("verify")


def test_program_that_only_touches_its_input_changes_nothing(library: TestLibrary) -> None:
    fill(library, 2)
    library.settings(stage("touches", 'touch -d "2001-01-01" "$1"; cp "$1" "$2"'))
    assert library.json("run", "touches")["completed"] == 2
