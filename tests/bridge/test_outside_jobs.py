"""Jobs that scripts claim: one at a time, and back when the script is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from support.damage import fill
from support.gates import Gate
from support.library import TestLibrary

ENHANCE = "ersgan-enhanced"
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="callers are found through /proc")


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    """Three approved pictures, everything made but the upscales."""
    fill(library, 3)
    return library


def job(library: TestLibrary, image: str = "00") -> dict[str, object]:
    columns = "status, attempts, retry_count, error_code, error_message, claimed_by IS NULL, run_id"
    rows = library.sql(f"SELECT {columns} FROM jobs WHERE image_id = ? AND stage = ? ORDER BY id", (image, ENHANCE))
    names = ("status", "attempts", "retries", "code", "message", "free", "run")
    return dict(zip(names, rows[-1], strict=True))


def test_one_program_has_a_job_at_a_time(filled: TestLibrary) -> None:
    assert filled.json("start-job", "00", ENHANCE)["id"] == "00"
    again = filled.run("start-job", "00", ENHANCE)
    assert again.code == 75
    assert "Another program is at work on ersgan-enhanced of 00" in again.err
    done = filled.run("complete-job", "00", ENHANCE)
    assert (done.code, "log-artifact" in done.err) == (0, True)
    assert job(filled)["status"] == "completed"
    filled.ok("start-job", "01.png", ENHANCE)
    filled.ok("fail-job", "01", ENHANCE, "no memory")
    assert job(filled, "01") | {"free": 1} == job(filled, "01")
    assert (job(filled, "01")["retries"], job(filled, "01")["message"]) == (1, "no memory")


def test_a_failed_job_is_taken_up_again_in_its_own_row(filled: TestLibrary) -> None:
    for number in range(1, 4):
        filled.ok("start-job", "00", ENHANCE)
        filled.ok("fail-job", "00", ENHANCE)
        assert job(filled)["retries"] == number
    assert filled.value("SELECT count(*) FROM jobs WHERE image_id = '00' AND stage = ?", (ENHANCE,)) == 1


def test_ending_what_does_not_run(filled: TestLibrary) -> None:
    for command in ("complete-job", "fail-job"):
        result = filled.run(command, "00", ENHANCE, "--json")
        document = json.loads(result.out)
        assert (result.code, document["errors"][0]["code"]) == (1, "not-running")
    for command in ("start-job", "complete-job", "fail-job"):
        result = filled.run(command, "nobody", ENHANCE)
        assert (result.code, "There is no image nobody" in result.err) == (1, True)
    assert filled.run("start-job", "00", "../x").code == 2


def test_a_run_leaves_claimed_jobs_and_scripts_take_queued_ones(filled: TestLibrary) -> None:
    filled.run("run", ENHANCE, "--time-limit", "0s")
    assert job(filled)["status"] == "pending"
    filled.ok("start-job", "00", ENHANCE)
    assert job(filled)["status"] == "running"
    assert filled.json("run", ENHANCE, "00")["completed"] == 0
    filled.ok("fail-job", "00", ENHANCE)
    assert filled.json("run", ENHANCE, "00")["completed"] == 1


def test_a_job_of_a_living_run_is_busy_and_of_a_dead_one_is_not(filled: TestLibrary) -> None:
    held = "INSERT INTO jobs (image_id, stage, status, run_id) SELECT '00', ?, 'running', max(id) FROM runs"
    gate = Gate(filled)
    run = filled.start("run", gate.STAGE, "00")
    gate.wait(run)
    for command in ("start-job", "complete-job", "fail-job"):
        result = filled.run(command, "00", gate.STAGE)
        assert (result.code, "is at work on gated of 00" in result.err) == (75, True)
    assert filled.run("log-artifact", "00", gate.STAGE, "img/01.png").code == 75
    gate.open()
    run.communicate()
    # What stands as running although its run has ended is nobody's.
    filled.sql(held, (ENHANCE,))
    filled.ok("start-job", "00", ENHANCE)
    filled.ok("complete-job", "00", ENHANCE)


def test_only_what_is_missing(filled: TestLibrary) -> None:
    filled.ok("start-job", "00", ENHANCE, "--if-missing")
    filled.ok("log-artifact", "00", ENHANCE, "img/01.png")
    filled.ok("complete-job", "00", ENHANCE)
    assert filled.run("start-job", "00", ENHANCE, "--if-missing").code == 75
    assert filled.run("start-job", "00", "blurhash", "--if-missing").code == 75
    filled.repeats = True
    filled.ok("start-job", "00", ENHANCE)
    filled.ok("complete-job", "00", ENHANCE)


SLEEPER = "artpipe start-job 00 ersgan-enhanced || exit; echo claimed; sleep 600"


def script(library: TestLibrary, text: str, name: str = "my.sh") -> subprocess.Popen[bytes]:
    """A script of its own session, as cron starts it; returns when it says that it has claimed."""
    (library.folder / name).write_text(text)
    process = subprocess.Popen(
        ["bash", name], cwd=library.folder, stdout=subprocess.PIPE, start_new_session=True, env=environment()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"claimed\n"
    return process


def environment() -> dict[str, str]:
    import sys

    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@LINUX
@pytest.mark.parametrize(
    "text",
    [
        SLEEPER,
        "(" + SLEEPER.replace("exit", "exit 1") + ")",
        'f() { : "$(artpipe start-job "$@"; :)"; }; f 00 ersgan-enhanced; echo claimed; sleep 600',
        "sh -c 'artpipe start-job 00 ersgan-enhanced || exit 75'; echo claimed; sleep 600",
        "timeout 60 env X=1 artpipe start-job 00 ersgan-enhanced; echo claimed; sleep 600",
        "( (sleep 0; " + SLEEPER + ") & ); exec sleep 600",
    ],
    ids=["plain", "subshell", "substitution", "sh", "wrapped", "background"],
)
def test_a_claim_lasts_as_long_as_the_script(filled: TestLibrary, text: str) -> None:
    process = script(filled, text)
    try:
        assert filled.run("start-job", "00", ENHANCE).code == 75
        assert filled.json("verify")["by_code"] == {}
        assert "1 jobs were started by other programs" in filled.json("verify")["mentions"][0]
    finally:
        end(process)
    assert filled.json("verify")["by_code"] == {"job-orphaned": 1}
    filled.ok("start-job", "00", ENHANCE)
    assert job(filled) == {
        "status": "running",
        "attempts": 2,
        "retries": 1,
        "code": "program-died",
        "message": "the program that had started it is gone",
        "free": 0,
        "run": None,
    }
    filled.ok("complete-job", "00", ENHANCE)
    assert job(filled)["message"] is None


@LINUX
@pytest.mark.parametrize("command", ["repair", "run"])
def test_repair_and_run_take_back_what_a_dead_script_had(filled: TestLibrary, command: str) -> None:
    end(script(filled, SLEEPER))
    if command == "repair":
        filled.ok("repair")
        assert (job(filled)["status"], job(filled)["code"]) == ("failed", "program-died")
    assert filled.json("run", ENHANCE, "00")["completed"] == 1


@LINUX
def test_a_script_may_be_called_like_the_command(filled: TestLibrary) -> None:
    end(script(filled, SLEEPER, "start-job.sh"))
    assert filled.json("verify")["by_code"] == {"job-orphaned": 1}
    filled.ok("start-job", "00", ENHANCE)
    filled.ok("complete-job", "00", ENHANCE)


@LINUX
def test_a_kept_claim_outlives_its_program(filled: TestLibrary) -> None:
    end(script(filled, SLEEPER.replace("start-job", "start-job --keep")))
    assert filled.run("start-job", "00", ENHANCE).code == 75
    assert filled.json("verify")["by_code"] == {}
    filled.ok("fail-job", "00", ENHANCE)


@LINUX
def test_a_claim_of_another_machine_or_of_the_time_before_a_restart(filled: TestLibrary) -> None:
    end(script(filled, SLEEPER))
    told = json.loads(filled.value("SELECT claimed_by FROM jobs WHERE claimed_by IS NOT NULL"))
    for change, code in (
        ({"host": "elsewhere"}, 75),
        ({"numbering": "pid:[1]"}, 75),
        ({"boot": "before", "processes": [[os.getpid(), 0]]}, 0),
    ):
        filled.sql("UPDATE jobs SET claimed_by = ? WHERE status = 'running'", (json.dumps(told | change),))
        assert filled.run("start-job", "00", ENHANCE).code == code
    for text in ("", "{}", "no json", '{"host": 1}'):
        filled.sql("UPDATE jobs SET claimed_by = ? WHERE status = 'running'", (text,))
        assert filled.run("start-job", "00", ENHANCE).code == 75
    filled.ok("complete-job", "00", ENHANCE)


def test_64_scripts_at_once_do_each_job_once(filled: TestLibrary) -> None:
    (filled.folder / "my.sh").write_text(
        """
        artpipe start-job --if-missing "$1" ersgan-enhanced 2>/dev/null || exit 0
        cp "img/$1.png" "made-$1-$$.png"
        artpipe log-artifact -q "$1" ersgan-enhanced "made-$1-$$.png" && artpipe complete-job "$1" ersgan-enhanced
        """
    )
    listing = "for n in 1 2 3; do artpipe find-ready web-optimized ersgan-enhanced; done"
    assert filled.shell(f"({listing}) | xargs -P9 -I{{}} bash ./my.sh {{}}").code == 0
    assert sorted(path.name[:7] for path in filled.folder.glob("made-*")) == ["made-00", "made-01", "made-02"]
    assert filled.value("SELECT count(*) FROM jobs WHERE stage = ? AND status = 'completed'", (ENHANCE,)) == 3
    assert filled.json("verify")["findings"] == []


def test_a_claim_that_plain_sql_ends_is_ended(filled: TestLibrary) -> None:
    filled.ok("start-job", "00", ENHANCE)
    filled.sql("UPDATE jobs SET status = 'pending' WHERE status = 'running'")
    assert job(filled)["free"] == 1
    assert filled.json("run", ENHANCE, "00")["completed"] == 1
