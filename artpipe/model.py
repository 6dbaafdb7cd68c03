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
# In which order a run takes jobs: by when they were queued.
Order = Literal["oldest", "newest", "random"]
Table = Literal["artifacts", "blurhash_cache", "perceptual_hashes"]

UPSTREAM = "upstream"
# Kinds of work on films, which planning treats apart: not every film gets them.
FRAMES, POSTER = "frames", "poster"
FILMS = "video-sources"
# How often a job is tried again after it failed for a passing reason.
RETRIES = 2


class Stage(NamedTuple):
    """A stage as this library's settings define it.

    Args:
        kind: which maker does it.
        inputs: stages it can be made from; for each image the first one whose audience the image belongs to. Or,
            where `names` are given, stages it is made from, all of them together.
        audience: which images it is made for.
        table: where its artifacts are recorded.
        params: all parameters of the maker, checked.
        recipe: hash of the maker's version and of the parameters that change what is wanted.
        timeout: seconds after which one job is given up.
        workers: how many jobs of it at once, over all runs on the library; 0 for no limit.
        retries: how often a job that failed for a passing reason is tried again.
        names: what its maker calls its inputs, one for each; empty for a stage made from one picture.
        pairs: which images its results are made for; None where every image has a result of its own.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    audience: Audience
    table: Table
    params: Mapping[str, str | int | float | bool]
    recipe: str
    timeout: float
    workers: int = 0
    retries: int = RETRIES
    names: tuple[str, ...] = ()
    pairs: str | None = None

    @property
    def joint(self) -> bool:
        """Whether it needs all of its inputs, not the first that is there."""
        return len(self.names) > 1

    @property
    def many(self) -> bool:
        """Whether one job of it makes images of their own, any number of them."""
        return self.kind == FRAMES


class Graph(NamedTuple):
    """All stages, each after the stages it is made from."""

    stages: Mapping[str, Stage]

    def order(self) -> list[str]:
        return list(self.stages)

    def with_ancestors(self, names: list[str]) -> list[str]:
        """`names` and every stage they are made from, in order; `upstream` is not a stage of its own."""
        wanted: set[str] = set()
        todo = list(names)
        posters = [name for name, stage in self.stages.items() if stage.kind == POSTER]
        while todo:
            name = todo.pop()
            if name in self.stages and name not in wanted:
                wanted.add(name)
                todo.extend(self.stages[name].inputs)
                # Of a video, another picture than the original stands for `upstream`.
                todo.extend(posters if UPSTREAM in self.stages[name].inputs else ())
        return [name for name in self.stages if name in wanted]

    def audience_of(self, name: str) -> Audience:
        """The images that may have been made by a stage, or stand in such a folder."""
        stage = self.stages.get(name)
        if stage is None:
            return "all"
        # A result is made for its parents' sake; nobody has decided on it before it is there.
        return stage.audience if stage.pairs is None else "not-rejected"

    def lists_for(self, name: str) -> dict[str, str]:
        """Those of a stage's inputs that make images of their own, with what they are made from: that has the list."""
        inputs = [self.stages[one] for one in self.stages[name].inputs if one in self.stages]
        return {one.name: one.inputs[0] for one in inputs if one.many}


class Input(NamedTuple):
    """A file that a job reads.

    Args:
        name: what the stage calls it.
        image_id: whose it is; a parent's, where the job's image was made from several.
        path: relative to `art/` in a claim, absolute in a task.
        sha256: what the file must be; None where nobody recorded it.
    """

    name: str
    image_id: str
    stage: str
    path: str
    sha256: str | None


class Errand(NamedTuple):
    """What a maker that works on files gets beside the parameters.

    Args:
        library: folder of the settings file.
        kept: see `stages.stage.Order`; empty for most.
    """

    image_id: str
    inputs: tuple[Input, ...]
    library: str
    kept: str = ""


class Work(NamedTuple):
    """One job, as a worker sees it: plain data.

    Args:
        scratch: path without extension for the finished file.
        patience: seconds beyond the timeout that the worker has to end the job by itself.
        errand: for a maker that works on files.
        slot: path of the place taken for it, of a stage that only so many may work on at once.
    """

    job_id: int
    stage: str
    kind: str
    params: Mapping[str, str | int | float | bool]
    scratch: str
    timeout: float
    patience: float = 0.0
    errand: Errand | None = None
    slot: str = ""


class Task(NamedTuple):
    """Jobs of one image that read the same file, so that it is decoded once for all of them.

    Args:
        input_sha256: what the file must be; None where nobody recorded it.
    """

    input_path: str
    input_sha256: str | None
    max_pixels: int
    works: tuple[Work, ...]


class MadePart(NamedTuple):
    """One of many pictures that a job made, each an image of its own; the bytes lie at `scratch`, not synced yet.

    Args:
        seconds: into the film that it was taken from.
    """

    scratch: str
    extension: str
    width: int
    height: int
    seconds: float
    sha256: str
    size: int


class Made(NamedTuple):
    """A job that a worker finished; for a file, the complete bytes lie at `scratch`, not synced yet.

    Args:
        width, height: 0 for a file that is no picture.
        parts: pictures that belong to it, in order.
    """

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
    parts: tuple[MadePart, ...] = ()


class Failure(NamedTuple):
    """A job that a worker could not do.

    Args:
        path: the input that was lost, where one of several was.
    """

    job_id: int
    kind: FailureKind
    code: str
    message: str
    seconds: float = 0.0
    path: str = ""


Outcome = Made | Failure


class Claim(NamedTuple):
    """A job taken by this run, with all that performing and settling it needs."""

    job_id: int
    image_id: str
    stage: str
    inputs: tuple[Input, ...]
    params: Mapping[str, str | int | float | bool] | None
    attempts: int

    @property
    def input_stage(self) -> str:
        return self.inputs[0].stage

    @property
    def input_path(self) -> str:
        return self.inputs[0].path

    @property
    def input_sha256(self) -> str | None:
        """What went in, as it is recorded: of several inputs all hashes, in order, with `+` between them."""
        hashes = [one.sha256 for one in self.inputs]
        return None if None in hashes else "+".join(filter(None, hashes))


class Settled(NamedTuple):
    """What is recorded about a finished job: the artifact's row and the job's end."""

    claim: Claim
    made: Made
    recipe: str
    processing_params: str
    file_path: str
