"""Frozen values that every floor shares; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.errors import FailureKind

Json = Any
Decision = Literal["approved", "rejected", "pending"]
Content = Literal["present", "truncated", "absent"]
Audience = Literal["approved", "not-rejected", "all"]
Table = Literal["artifacts", "blurhash_cache", "perceptual_hashes"]

UPSTREAM = "upstream"


class Stage(NamedTuple):
    """A stage as this library's settings define it.

    Args:
        kind: which maker does it.
        inputs: stages it can be made from; for each image the first one whose audience the image belongs to.
        audience: which images it is made for.
        table: where its artifacts are recorded.
        params: all parameters of the maker, checked.
        recipe: hash of the maker's version and of the parameters that change what is wanted.
        timeout: seconds after which one job is given up.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    audience: Audience
    table: Table
    params: Mapping[str, str | int | float | bool]
    recipe: str
    timeout: float


class Graph(NamedTuple):
    """All stages, each after the stages it is made from."""

    stages: Mapping[str, Stage]

    def order(self) -> list[str]:
        return list(self.stages)

    def with_ancestors(self, names: list[str]) -> list[str]:
        """`names` and every stage they are made from, in order; `upstream` is not a stage of its own."""
        wanted: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in self.stages and name not in wanted:
                wanted.add(name)
                todo.extend(self.stages[name].inputs)
        return [name for name in self.stages if name in wanted]

    def audience_of(self, name: str) -> Audience:
        return self.stages[name].audience if name in self.stages else "all"


class Work(NamedTuple):
    """One job, as a worker sees it: plain data.

    Args:
        scratch: path without extension for the finished file.
    """

    job_id: int
    stage: str
    kind: str
    params: Mapping[str, str | int | float | bool]
    scratch: str
    timeout: float


class Task(NamedTuple):
    """Jobs of one image that read the same file, so that it is decoded once for all of them.

    Args:
        input_sha256: what the file must be; None where nobody recorded it.
    """

    input_path: str
    input_sha256: str | None
    max_pixels: int
    works: tuple[Work, ...]


class Made(NamedTuple):
    """A job that a worker finished; for a file, the complete bytes lie at `scratch`, not synced yet."""

    job_id: int
    width: int
    height: int
    seconds: float
    scratch: str = ""
    extension: str = ""
    sha256: str = ""
    size: int = 0
    values: Mapping[str, str] = {}
    how: Mapping[str, str | int | float | bool] = {}


class Failure(NamedTuple):
    """A job that a worker could not do."""

    job_id: int
    kind: FailureKind
    code: str
    message: str
    seconds: float = 0.0


Outcome = Made | Failure


class Claim(NamedTuple):
    """A job taken by this run, with all that performing and settling it needs."""

    job_id: int
    image_id: str
    stage: str
    input_stage: str
    input_path: str
    input_sha256: str | None
    params: Mapping[str, str | int | float | bool] | None
    attempts: int


class Settled(NamedTuple):
    """What is recorded about a finished job: the artifact's row and the job's end."""

    claim: Claim
    made: Made
    recipe: str
    processing_params: str
    file_path: str
