-- Trees of directories that were taken in. While an import is unfinished its batch is kept, so that one `undo` takes
-- back all of it however often it was begun.
CREATE TABLE old_trees (
    id INTEGER PRIMARY KEY,
    root TEXT NOT NULL UNIQUE,
    batch_id INTEGER REFERENCES batches(id),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    finished_at TIMESTAMP
);

-- Every name that an old tree had, the empty ones too, with what its bytes have become here: the artifact
-- (image_id, stage), or old_contents where stage is NULL. No foreign key to images: what was seen outlives the row.
CREATE TABLE old_files (
    tree_id INTEGER NOT NULL REFERENCES old_trees(id),
    folder TEXT NOT NULL,                 -- a name that is no UTF-8 is kept as BLOB, here and below
    name TEXT NOT NULL,
    role TEXT NOT NULL,                   -- original, approved, rejected, made, how, grid
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sha256 TEXT,                          -- NULL: an empty name
    image_id TEXT,
    stage TEXT,
    base TEXT,                            -- the name without extension, where the image got another id
    named TEXT,                           -- the image that the name means, where its bytes are another's
    settled TEXT,                         -- for a decision: what the image was after the import
    PRIMARY KEY (tree_id, folder, name)
) WITHOUT ROWID;

CREATE INDEX old_files_by_image ON old_files (image_id, stage);
CREATE INDEX old_files_by_base ON old_files (tree_id, base) WHERE base IS NOT NULL;
CREATE INDEX old_files_unsettled ON old_files (tree_id, image_id)
WHERE role IN ('approved', 'rejected') AND settled IS NULL;

CREATE INDEX old_files_by_named ON old_files (named) WHERE named IS NOT NULL;

-- Small files that have no place of their own below art/: colour grids, settings of upscales, broken thumbnails.
CREATE TABLE old_contents (
    sha256 TEXT PRIMARY KEY NOT NULL,
    content BLOB NOT NULL
);

-- Rows of old databases, as they were.
CREATE TABLE old_rows (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,                -- JSON
    image_id TEXT NOT NULL,
    decision TEXT,
    settled TEXT,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;

-- Folders that `export-dirs` fills, and what it made there: nothing else is ever removed.
CREATE TABLE exports (
    id INTEGER PRIMARY KEY,
    directory TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    finished_at TIMESTAMP
);

CREATE TABLE exported_files (
    export_id INTEGER NOT NULL REFERENCES exports(id),
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,                         -- of its content; NULL: an empty name
    stage TEXT NOT NULL,
    inode INTEGER,                        -- NULL: about to be made
    PRIMARY KEY (export_id, folder, name)
) WITHOUT ROWID;
