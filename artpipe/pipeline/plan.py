"""Which (image, stage) are missing or stale, and why."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.db import joint, planning, ready, rebuilds
from artpipe.db.planning import Source, Target
from artpipe.errors import SettingsError, UsageError
from artpipe.model import Graph, Stage
from artpipe.pipeline import pairing
from artpipe.stages.registry import wanted_part, with_params

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from artpipe.library import Library
    from artpipe.stages.stage import Parameters

PAGE = 2000
_PLANNED = "planned_recipes"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one invocation is asked to bring up to date.

    Args:
        stages: names; empty for all. Stages they are made from come along.
        ids: only these images; None for all.
        by_hand: stage -> parameters given on the command line.
        rebuild: make the named stages again although nothing has changed; all stages where only images are named.
        most: ask for so many to be made again at most; None for all.
    """

    stages: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    by_hand: Mapping[str, Parameters] = field(default_factory=dict)
    rebuild: bool = False
    most: int | None = None


class Planner:
    """Plans for one wish; the same code answers `--dry-run` and fills the queue."""

    def __init__(self, library: Library, wish: Wish) -> None:
        self.db = library.db
        self._library = library
        self._wish = wish
        self._asked_again = 0
        self.pairing_problems: list[str] = []
        self.graph = _with_by_hand(library.graph, wish.by_hand)
        self.stages = self.graph.with_ancestors(list(wish.stages)) if wish.stages else self.graph.order()
        self.selected = wish.ids is not None
        self.named = wish.stages
        self._asked = {
            stage: wanted_part(library.graph.stages[stage].kind, params) for stage, params in wish.by_hand.items()
        }
        self._targets = [self._target(name) for name in self.graph.order()]
        self.totals: Counter[tuple[str, str]] = Counter()
        planning.prepare(self.db)
        paired = [name for name, stage in self.graph.stages.items() if stage.pairs is not None]
        self._paired = bool(paired)
        # A result's own file, which stands for `upstream`, comes from one of those.
        asked = set(self.graph.with_ancestors([*self.stages, *paired]))
        self._asked_for = [target for target in self._targets if target.stage.name in asked]
        self._others = [target for target in self._targets if target.stage.name not in asked]
        if wish.ids is not None:
            planning.select(self.db, wish.ids)
            joint.select_parents(self.db)

    def _target(self, name: str) -> Target:
        approved, other = input_stages(self.graph, self.graph.stages[name])
        by_hand = bool(self._asked.get(name))
        return Target(self.graph.stages[name], approved, other, by_hand, self.graph.lists_for(name))

    def inputs(self) -> dict[str, tuple[str, str]]:
        """Stage -> (stage it is made from for approved images, for the others), those made from several left out."""
        stages = {name: self.graph.stages[name] for name in self.stages}
        return {name: input_stages(self.graph, stage) for name, stage in stages.items() if not stage.joint}

    def count(self) -> Counter[tuple[str, str]]:
        """What a run would do, by (stage, reason); nothing is written."""
        with self.db.rehearsal() if self._paired or self._wish.rebuild else self.db.snapshot():
            self._pair()
            source = self._source() if self._recipes_known() or self.selected else "images"
            after: str | None = ""
            while after is not None:
                after = self._load_page(source, after)
                self._ask_again()
                self._plan_page()
        return self.totals

    def fill(self, stopping: Callable[[], bool]) -> Counter[tuple[str, str]]:
        """Put everything that is wanted and ready into the queue, in one transaction a page, until told to stop."""
        self._watch()
        if not self._by_hand() and not self._recipes_known():
            with self.db.transaction():
                planning.unsettle_all(self.db)
                planning.set_meta(self.db, _PLANNED, self._recipes())
        if self._paired:
            with self.db.transaction():
                self._pair()
        after: str | None = ""
        while after is not None:
            with self.db.transaction():
                after = self._load_page(self._source(), after)
                self._ask_again()
                self._plan_page()
                self._enqueue()
            if stopping():
                break
        return self.totals

    def follow(self, ids: Sequence[str]) -> None:
        """Within an open transaction: queue what has become possible for these images."""
        self._load_ids(ids, children=True)
        planning.plan_page(self.db, self._asked_for)
        self._enqueue()

    def still_wanted(self, ids: Sequence[str]) -> set[tuple[str, str]]:
        """Within an open transaction: which (image, stage) of these images are to be made, and can be now."""
        self._load_ids(ids)
        planning.plan_page(self.db, self._targets, claiming=True)
        return planning.ready(self.db)

    def named_but_not_approved(self) -> int:
        """How many of the named images the named stages leave out, because they are for approved ones."""
        if (
            not self.selected
            or any(self.graph.audience_of(name) != "approved" for name in self.named)
            or not self.named
        ):
            return 0
        return planning.selected_not_approved(self.db)

    def explain(self, image_id: str, stage: str) -> tuple[str | None, dict[str, Any]]:
        """Why a run would do this job (None: it would not), and what the plan saw."""
        self._load_ids([image_id])
        planning.plan_page(self.db, self._targets)
        return planning.reason_for(self.db, image_id, stage), planning.explain(self.db, self._target(stage), image_id)

    def _watch(self) -> None:
        """Let `find-ready` answer at once for the stages as they are now."""
        pairs = {
            (input_stages(self.graph, stage)[0], name)
            for name, stage in self.graph.stages.items()
            if ready.can_be_watched(name, in_file=stage.table == "artifacts")
        }
        if ready.watched(self.db) != pairs:
            with self.db.transaction():
                ready.watch(self.db, pairs)

    def _pair(self) -> None:
        """Rows for the results that are wanted of pairs; named images are what they are."""
        for name in self.stages if not self.selected else ():
            stage = self.graph.stages[name]
            if stage.pairs is not None:
                found = pairing.ensure(self._library, stage)
                self.pairing_problems += [f"{name}: {message}" for _, message in found.problems]

    def _ask_again(self) -> None:
        """Within an open transaction: note what of the page is to be made again, as far as it is wanted at all."""
        if not self._wish.rebuild:
            return
        names = self.named or self.graph.order()
        before = self._asked_again
        for name in names:
            left = None if self._wish.most is None else self._wish.most - self._asked_again
            if left is None or left > 0:
                self._asked_again += rebuilds.ask(self.db, self.graph.stages[name], self._wish.ids, left)
        if self._asked_again > before:
            planning.plan_page(self.db, self._targets)
            self._asked_again -= rebuilds.forget_unwanted(self.db, names)

    def _load_page(self, source: Source, after: str) -> str | None:
        last = planning.load_page(self.db, source, after, PAGE)
        if self._paired:
            joint.invite_parents(self.db)
        return last

    def _load_ids(self, ids: Sequence[str], *, children: bool = False) -> None:
        planning.load_ids(self.db, ids)
        if self._paired and children:
            joint.invite_children(self.db)
        if self._paired:
            joint.invite_parents(self.db)

    def _source(self) -> Source:
        if self.selected:
            return "selection"
        return "images" if self._by_hand() or self._wish.rebuild else "unsettled"

    def _by_hand(self) -> bool:
        return any(self._asked.values())

    def _plan_page(self) -> None:
        planning.plan_page(self.db, self._asked_for)
        self.totals.update(planning.totals(self.db, self.stages))

    def _enqueue(self) -> None:
        params = {stage: json.dumps(asked) for stage, asked in self._asked.items() if asked}
        planning.enqueue(self.db, self.stages, params)
        # With other parameters the plan says nothing about tomorrow.
        if not self._by_hand():
            # Whichever stages are named, what nothing is wanted of has to be so for all of them.
            planning.plan_more(self.db, self._others)
            planning.settle_page(self.db)

    def _recipes(self) -> str:
        parts = [
            ":".join([name, stage.recipe, ",".join(stage.inputs), stage.audience, str(stage.retries), *stage.names])
            for name, stage in self.graph.stages.items()
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _recipes_known(self) -> bool:
        """Whether the library was planned with these stages before; if so, only unsettled images need a look."""
        return planning.get_meta(self.db, _PLANNED) == self._recipes()


def input_stages(graph: Graph, stage: Stage) -> tuple[str, str]:
    """The input of a stage for approved images and for the others: the first whose audience they belong to."""
    for_others = [name for name in stage.inputs if graph.audience_of(name) != "approved"]
    return stage.inputs[0], for_others[0] if for_others else ""


def _with_by_hand(graph: Graph, by_hand: Mapping[str, Parameters]) -> Graph:
    stages = dict(graph.stages)
    for name, params in by_hand.items():
        try:
            stages[name] = with_params(stages[name], params)
        except SettingsError as error:
            # They come from the command line, not from a file.
            raise UsageError(str(error)) from None
    return Graph(stages)
