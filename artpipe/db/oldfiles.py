"""Tables `old_trees`, `old_files` and `old_contents`: what was taken from old trees, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import BY_ITSELF, FIRST_NAME, named, stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.db.sources import Seen


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one name. See the table for the columns."""

    folder: str
    name: str
    role: str
    seen: Seen
    sha256: str | None
    image_id: str | None
    stage: str | None
    base: str | None = None
    named: str | None = None


class Orphan(NamedTuple):
    """A picture that was made from another one, as its name says."""

    folder: str
    name: str
    image_id: str
    stage: str


def find_tree(db: Database, root: str) -> Row | None:
    return db.row("SELECT * FROM old_trees WHERE root = ?", (stored(root),))


def begin_tree(db: Database, root: str) -> int:
    """The number of a tree, a new one if it was never seen."""
    db.execute("INSERT INTO old_trees (root) VALUES (?) ON CONFLICT DO NOTHING", (stored(root),))
    return int(db.scalar("SELECT id FROM old_trees WHERE root = ?", (stored(root),)))


def finish_tree(db: Database, tree: int) -> None:
    """The import is complete; the next one gets a batch of its own."""
    db.execute("UPDATE old_trees SET batch_id = NULL, finished_at = CURRENT_TIMESTAMP WHERE id = ?", (tree,))


def set_batch(db: Database, tree: int, batch: int) -> None:
    db.execute("UPDATE old_trees SET batch_id = ? WHERE id = ?", (batch, tree))


def roots(db: Database) -> list[str]:
    return [named(row[0]) for row in db.rows("SELECT root FROM old_trees ORDER BY id")]


def folders_of(db: Database) -> list[tuple[str, str]]:
    """The (root, folder) that files were taken from."""
    rows = db.rows("SELECT DISTINCT t.root, o.folder FROM old_files o JOIN old_trees t ON t.id = o.tree_id")
    return [(named(row[0]), named(row[1])) for row in rows]


def record(db: Database, tree: int, taken: Sequence[Taken]) -> None:
    """Note what became of names; a decision that is seen again in another shape counts again."""
    db.many(
        "INSERT INTO old_files (tree_id, folder, name, role, size, mtime_ns, inode, sha256, image_id, stage, base,"
        " named) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tree_id, folder, name) DO UPDATE SET role = excluded.role, size = excluded.size,"
        " mtime_ns = excluded.mtime_ns, inode = excluded.inode, sha256 = excluded.sha256,"
        " image_id = excluded.image_id, stage = excluded.stage, base = excluded.base, named = excluded.named",
        (
            (
                *(tree, stored(one.folder), stored(one.name), one.role),
                *(one.seen.size, one.seen.mtime_ns, one.seen.inode, one.sha256, one.image_id, one.stage),
                *(None if one.base is None else stored(one.base), one.named),
            )
            for one in taken
        ),
    )


def sha256_of(db: Database, tree: int, folder: str, name: str) -> str | None:
    """Of the bytes that a name had when it was taken in."""
    sql = "SELECT sha256 FROM old_files WHERE tree_id = ? AND folder = ? AND name = ?"
    found: str | None = db.scalar(sql, (tree, stored(folder), stored(name)))
    return found


def keep(db: Database, contents: Iterable[tuple[str, bytes]]) -> None:
    """Keep small files, by sha256."""
    db.many("INSERT INTO old_contents VALUES (?, ?) ON CONFLICT DO NOTHING", contents)


def content(db: Database, sha256: str) -> bytes | None:
    found: bytes | None = db.scalar("SELECT content FROM old_contents WHERE sha256 = ?", (sha256,))
    return found


def orphans(db: Database, tree: int, stages: Sequence[str], page: int) -> Iterator[list[Orphan]]:
    """Pictures of a tree that were made from others, and of which the parent is not known; page by page."""
    sql = (
        "SELECT folder, name, image_id, stage FROM old_files o WHERE tree_id = :tree"
        " AND (folder, name) > (:folder, :name) AND stage IN (SELECT value FROM json_each(:stages))"
        " AND role = 'made' AND image_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM lineage l WHERE l.child_id = o.image_id AND l.role IN ('frame', 'source'))"
        " ORDER BY folder, name LIMIT :page"
    )
    for rows in db.pages(sql, {"tree": tree, "stages": json.dumps(list(stages)), "page": page}, FIRST_NAME):
        yield [Orphan(named(row[0]), named(row[1]), row[2], row[3]) for row in rows]


def add_parent(db: Database, child: str, parent: str, role: str, position: float | None) -> int:
    """Note what an image was made from; returns whether that was news."""
    sql = "INSERT INTO lineage (child_id, parent_id, role, position) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    return db.execute(sql, (child, parent, role, position)).rowcount


def describe_making(db: Database, image_id: str, stage: str, params: str) -> None:
    """Keep how a file was made with it, if it was not made here."""
    db.execute(
        "UPDATE artifacts SET processing_params = ? WHERE image_id = ? AND stage = ? AND recipe IS NULL",
        (params, image_id, stage),
    )


def prepare_votes(db: Database, tree: int, source: str | None) -> None:
    """Collect what the tree and an old database say about images and what was not acted on yet."""
    db.execute("DROP TABLE IF EXISTS temp.votes")
    db.execute("CREATE TEMP TABLE votes (image_id TEXT PRIMARY KEY NOT NULL, yes INTEGER, reason TEXT) WITHOUT ROWID")
    db.execute(
        "INSERT INTO temp.votes SELECT image_id, max(yes), min(CASE WHEN NOT yes THEN reason END) FROM ("
        " SELECT image_id, role = 'approved' AS yes, 'migrated from ' || folder || '/' AS reason"
        " FROM old_files INDEXED BY old_files_unsettled"
        " WHERE tree_id = :tree AND role IN ('approved', 'rejected') AND settled IS NULL"
        " UNION ALL SELECT named, role = 'approved', 'migrated from ' || folder || '/'"
        " FROM old_files INDEXED BY old_files_unsettled"
        " WHERE tree_id = :tree AND role IN ('approved', 'rejected') AND settled IS NULL AND named IS NOT NULL"
        " UNION ALL SELECT image_id, decision = 'approved', 'migrated from an old database' FROM old_rows"
        " WHERE source = :source AND decision IS NOT NULL AND settled IS NULL)"
        " WHERE image_id IS NOT NULL GROUP BY image_id",
        {"tree": tree, "source": source},
    )


@dataclass(slots=True)
class Outcome:
    """What votes came to: images approved, rejected, and those whose earlier decision stands against them."""

    approved: int = 0
    rejected: int = 0
    kept: int = 0


_PENDING = "(i.approved IS NOT TRUE AND i.rejected IS NOT TRUE)"
_STATE = "CASE WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected' ELSE 'pending' END"
_PAGE = "SELECT image_id FROM temp.votes WHERE image_id > :after ORDER BY image_id LIMIT :size"


def next_votes(db: Database, after: str, size: int) -> str | None:
    """The last image of the page of votes that comes after another one's."""
    last: str | None = db.scalar(f"SELECT max(image_id) FROM ({_PAGE})", {"after": after, "size": size})
    return last


def act_on_votes(db: Database, after: str, last: str) -> Outcome:
    """Within an open transaction: decide on what nobody has decided, for the images of one page."""
    between = "v.image_id > ? AND v.image_id <= ?"
    join = f"FROM temp.votes v JOIN images i ON i.id = v.image_id WHERE {between}"
    against = f"(v.yes AND i.rejected AND NOT {BY_ITSELF}) OR (NOT v.yes AND i.approved)"
    kept = db.scalar(f"SELECT count(*) {join} AND ({against})", (after, last))
    approved = db.execute(
        "UPDATE images SET approved = TRUE, rejected = FALSE, rejection_reason = NULL WHERE id IN"
        f" (SELECT i.id {join} AND v.yes AND ({_PENDING} OR {BY_ITSELF}))",
        (after, last),
    ).rowcount
    rejected = db.execute(
        "UPDATE images SET rejected = TRUE, rejection_reason ="
        " (SELECT reason FROM temp.votes v WHERE v.image_id = images.id)"
        f" WHERE id IN (SELECT i.id {join} AND NOT v.yes AND {_PENDING})",
        (after, last),
    ).rowcount
    return Outcome(approved, rejected, int(kept))


def settle_votes(db: Database, tree: int, source: str | None, after: str, last: str) -> None:
    """Within the same transaction: never act on them again, whatever a person decides later."""
    state = f"(SELECT {_STATE} FROM images i WHERE i.id = COALESCE(old_files.named, old_files.image_id))"
    update = f"UPDATE old_files INDEXED BY {{index}} SET settled = {state} WHERE tree_id = :tree AND settled IS NULL"
    values = {"tree": tree, "source": source, "after": after, "last": last}
    db.execute(
        f"{update.format(index='old_files_unsettled')} AND role IN ('approved', 'rejected') AND named IS NULL"
        " AND image_id > :after AND image_id <= :last",
        values,
    )
    # Two images heard of these: they are settled with the second.
    both = "max(image_id, named)"
    named = update.format(index="old_files_by_named")
    db.execute(f"{named} AND named IS NOT NULL AND {both} > :after AND {both} <= :last", values)
    db.execute(
        f"UPDATE old_rows SET settled = (SELECT {_STATE} FROM images i WHERE i.id = old_rows.image_id)"
        " WHERE source = :source AND settled IS NULL AND image_id > :after AND image_id <= :last",
        values,
    )


def batch_of(db: Database, tree: int) -> int | None:
    found: int | None = db.scalar("SELECT batch_id FROM old_trees WHERE id = ?", (tree,))
    return found
