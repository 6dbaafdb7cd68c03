CREATE INDEX aliases_by_image ON aliases (image_id);

CREATE INDEX artifacts_by_round ON artifacts (verified_round);

CREATE INDEX artifacts_by_stage ON artifacts (stage, image_id);

CREATE INDEX decisions_by_batch ON decisions (batch_id, id);

CREATE INDEX decisions_by_image ON decisions (image_id, id);

CREATE INDEX images_by_age ON images (created_at);

CREATE INDEX images_by_approval ON images (approved, id);

CREATE INDEX images_by_decision ON images (approved, rejected, created_at);

CREATE INDEX images_by_origin ON images (origin, id) WHERE origin <> 'upstream';

CREATE INDEX jobs_by_age ON jobs (stage, image_created_at) WHERE status = 'pending';

CREATE INDEX jobs_by_image ON jobs (image_id, stage);

CREATE INDEX jobs_by_run ON jobs (run_id) WHERE status = 'running';

CREATE INDEX jobs_by_status ON jobs (status, stage, id);

CREATE UNIQUE INDEX jobs_open ON jobs (image_id, stage) WHERE status IN ('pending', 'running');

CREATE INDEX lineage_by_parent ON lineage (parent_id);

CREATE INDEX old_files_by_base ON old_files (tree_id, base) WHERE base IS NOT NULL;

CREATE INDEX old_files_by_image ON old_files (image_id, stage);

CREATE INDEX old_files_by_named ON old_files (named) WHERE named IS NOT NULL;

CREATE INDEX old_files_unsettled ON old_files (tree_id, image_id)
WHERE role IN ('approved', 'rejected') AND settled IS NULL;

CREATE INDEX perceptual_hashes_by_hash ON perceptual_hashes (phash);

CREATE INDEX review_items_by_image ON review_items (image_id);

CREATE INDEX review_pages_by_window ON review_pages (window_id, rank);

CREATE INDEX runs_alive ON runs (id) WHERE ended_at IS NULL;

CREATE INDEX sources_by_image ON sources (image_id);

CREATE TABLE aliases (
    name TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES images(id),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (name, image_id)
) WITHOUT ROWID;

CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    file_path TEXT NOT NULL,
    sha256 TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    width INTEGER,
    height INTEGER,
    file_size INTEGER,
    processing_params TEXT,
    -- Fingerprint, in two parts so that SQL can compare it: what went in, and stage + version + parameters.
    -- NULL: made by somebody else's program, whose word is taken.
    input_sha256 TEXT,
    recipe TEXT,
    -- Asked for by hand with parameters of its own; a plain run leaves it alone until its input changes.
    pinned BOOLEAN NOT NULL DEFAULT FALSE, verified_round INTEGER NOT NULL DEFAULT 0, verified_at TIMESTAMP,
    FOREIGN KEY (image_id) REFERENCES images(id),
    UNIQUE (image_id, stage)
);

CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    decided_by TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    undone_by INTEGER REFERENCES batches(id)
);

CREATE TABLE blurhash_cache (
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    blurhash TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    input_sha256 TEXT,
    recipe TEXT,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    processing_params TEXT,
    PRIMARY KEY (image_id, stage),
    FOREIGN KEY (image_id) REFERENCES images(id)
);

CREATE TABLE colour_grids (
    image_id TEXT PRIMARY KEY NOT NULL,
    grid BLOB NOT NULL,
    input_sha256 TEXT NOT NULL
);

CREATE TABLE counters (
    counted TEXT NOT NULL,                -- a table
    part TEXT NOT NULL,                   -- decision of images, status of jobs, stage of what was made
    number INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (counted, part)
) WITHOUT ROWID;

CREATE TABLE deciding (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    batch_id INTEGER REFERENCES batches(id),  -- NULL: artpipe itself, on what the bytes showed
    decided_by TEXT
);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id TEXT NOT NULL,
    was TEXT NOT NULL CHECK (was IN ('approved', 'rejected', 'pending')),
    became TEXT NOT NULL CHECK (became IN ('approved', 'rejected', 'pending')),
    was_reason TEXT,
    reason TEXT,
    decided_by TEXT,
    decided_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    batch_id INTEGER REFERENCES batches(id)
, replaced BOOLEAN NOT NULL DEFAULT FALSE);

CREATE TABLE exported_files (
    export_id INTEGER NOT NULL REFERENCES exports(id),
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,                         -- of its content; NULL: an empty name
    stage TEXT NOT NULL,
    inode INTEGER,                        -- NULL: about to be made
    PRIMARY KEY (export_id, folder, name)
) WITHOUT ROWID;

CREATE TABLE exports (
    id INTEGER PRIMARY KEY,
    directory TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    finished_at TIMESTAMP
);

CREATE TABLE galleries (
    name TEXT PRIMARY KEY NOT NULL,
    sort TEXT NOT NULL,
    page_size INTEGER NOT NULL,
    built_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE gallery_ranges (
    gallery TEXT NOT NULL REFERENCES galleries(name),
    number INTEGER NOT NULL,
    first_key TEXT NOT NULL,
    first_id TEXT NOT NULL,
    PRIMARY KEY (gallery, number)
) WITHOUT ROWID;

CREATE TABLE images (
    id TEXT PRIMARY KEY NOT NULL,
    sha256 TEXT UNIQUE,
    original_url TEXT,
    username TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    approved BOOLEAN DEFAULT FALSE,
    rejected BOOLEAN DEFAULT FALSE,
    rejection_reason TEXT,
    width INTEGER,
    height INTEGER,
    file_size INTEGER,
    mime_type TEXT,
    -- present: the original lies in art/upstream; truncated: its bytes were thrown away on purpose (or came
    -- empty); absent: never had any here.
    content TEXT NOT NULL DEFAULT 'absent' CHECK (content IN ('present', 'truncated', 'absent')), origin TEXT NOT NULL DEFAULT 'upstream',
    CHECK (NOT (approved AND rejected))
);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    started_at TIMESTAMP,
    completed_at TIMESTAMP,
    error_message TEXT,
    retry_count INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    run_id INTEGER REFERENCES runs(id),
    reason TEXT,                          -- why it was wanted: missing, input-changed, recipe-changed ...
    attempts INTEGER NOT NULL DEFAULT 0,  -- claims so far, those given back unharmed not counted
    due_at TIMESTAMP,                     -- not before; NULL: at once
    error_code TEXT,
    failure_kind TEXT,                    -- permanent, transient
    params TEXT,                          -- JSON: parameters asked for by hand, over the configured ones
    input_sha256 TEXT,                    -- fingerprint of what was tried, in two parts
    recipe TEXT,
    seconds REAL, claimed_by TEXT, image_created_at TIMESTAMP,                         -- of work, for forecasts
    FOREIGN KEY (image_id) REFERENCES images(id)
);

CREATE TABLE lineage (
    child_id TEXT NOT NULL REFERENCES images(id),
    parent_id TEXT NOT NULL REFERENCES images(id),
    role TEXT NOT NULL,
    position REAL,                        -- seconds into a video, or the parent's place among several
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, stage TEXT,
    PRIMARY KEY (child_id, parent_id, role)
) WITHOUT ROWID;

CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE old_contents (
    sha256 TEXT PRIMARY KEY NOT NULL,
    content BLOB NOT NULL
);

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

CREATE TABLE old_rows (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,                -- JSON
    image_id TEXT NOT NULL,
    decision TEXT,
    settled TEXT,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;

CREATE TABLE old_trees (
    id INTEGER PRIMARY KEY,
    root TEXT NOT NULL UNIQUE,
    batch_id INTEGER REFERENCES batches(id),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    finished_at TIMESTAMP
);

CREATE TABLE pages (
    path TEXT PRIMARY KEY NOT NULL,       -- relative to art/, as artifacts.file_path
    gallery TEXT NOT NULL REFERENCES galleries(name),
    sha256 TEXT,
    file_size INTEGER,
    written_at TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE perceptual_hashes (
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    phash TEXT NOT NULL,                  -- 64 bits as 16 hex digits
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    input_sha256 TEXT,
    recipe TEXT,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    processing_params TEXT,
    PRIMARY KEY (image_id, stage),
    FOREIGN KEY (image_id) REFERENCES images(id)
);

CREATE TABLE ready (
    watched_id INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    PRIMARY KEY (watched_id, image_id)
) WITHOUT ROWID;

CREATE TABLE rebuilds (
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    PRIMARY KEY (image_id, stage)
) WITHOUT ROWID;

CREATE TABLE replacing (
    counted TEXT NOT NULL,
    row INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    part TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    gone BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (counted, row)
) WITHOUT ROWID;

CREATE TABLE review_items (
    page_id INTEGER NOT NULL REFERENCES review_pages(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    was TEXT NOT NULL CHECK (was IN ('approved', 'rejected', 'pending')),  -- when it was given out
    marked BOOLEAN NOT NULL DEFAULT FALSE,                                 -- yes, not committed yet
    decided TEXT CHECK (decided IN ('approved', 'rejected')),              -- on this page, on its own
    PRIMARY KEY (page_id, image_id)
) WITHOUT ROWID;

CREATE TABLE review_pages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,                  -- which pictures are being looked at (JSON)
    holder TEXT NOT NULL,                 -- the lock of the server that gave it out; a dead server holds nothing
    window_id TEXT NOT NULL,              -- the browser window that shows it
    rank INTEGER NOT NULL,                -- a window shows the page of the lowest rank first
    position INTEGER NOT NULL DEFAULT 0,  -- of the picture that is looked at
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE review_progress (
    scope TEXT PRIMARY KEY NOT NULL,
    image_id TEXT NOT NULL,
    created_at TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    heartbeat_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    ended_at TIMESTAMP,
    outcome TEXT                          -- finished, stopped, interrupted, failed, died
);

CREATE TABLE sources (
    path TEXT PRIMARY KEY NOT NULL,
    image_id TEXT NOT NULL REFERENCES images(id),
    sha256 TEXT,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    seen_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE unsettled (
    image_id TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

CREATE TABLE watched (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: rows in `ready` may outlive a pair by a moment
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    UNIQUE (input, output)
);

CREATE TRIGGER artifacts_before_insert BEFORE INSERT ON artifacts
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'artifacts')
  OR EXISTS (SELECT 1 FROM artifacts WHERE image_id = NEW.image_id AND stage = NEW.stage)
  OR EXISTS (SELECT 1 FROM artifacts WHERE id = NEW.id)
BEGIN
    DELETE FROM replacing WHERE counted = 'artifacts';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'artifacts', id, image_id, stage,
        CAST(CASE WHEN file_size BETWEEN 0 AND 1 << 50 THEN file_size ELSE 0 END AS INTEGER)
    FROM artifacts WHERE (image_id = NEW.image_id AND stage = NEW.stage) OR id = NEW.id;
END;

CREATE TRIGGER artifacts_before_update BEFORE UPDATE OF id, image_id, stage ON artifacts
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
BEGIN
    DELETE FROM replacing WHERE counted = 'artifacts';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'artifacts', id, image_id, stage,
        CAST(CASE WHEN file_size BETWEEN 0 AND 1 << 50 THEN file_size ELSE 0 END AS INTEGER)
    FROM artifacts WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR id = NEW.id) AND id <> OLD.id;
END;

CREATE TRIGGER artifacts_counted_delete AFTER DELETE ON artifacts
BEGIN
    DELETE FROM replacing WHERE counted = 'artifacts' AND row = OLD.id;
    UPDATE counters SET number = number - 1, bytes = bytes -
        CAST(CASE WHEN OLD.file_size BETWEEN 0 AND 1 << 50 THEN OLD.file_size ELSE 0 END AS INTEGER)
    WHERE counted = 'artifacts' AND part = OLD.stage;
END;

CREATE TRIGGER artifacts_counted_insert AFTER INSERT ON artifacts
BEGIN
    INSERT INTO counters (counted, part) SELECT 'artifacts', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'artifacts' AND part = NEW.stage);
    UPDATE counters SET number = number + 1, bytes = bytes +
        CAST(CASE WHEN NEW.file_size BETWEEN 0 AND 1 << 50 THEN NEW.file_size ELSE 0 END AS INTEGER)
    WHERE counted = 'artifacts' AND part = NEW.stage;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'artifacts' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM artifacts WHERE id = replacing.row));
END;

CREATE TRIGGER artifacts_counted_update AFTER UPDATE OF stage, file_size ON artifacts
WHEN NEW.stage IS NOT OLD.stage OR NEW.file_size IS NOT OLD.file_size
BEGIN
    UPDATE counters SET number = number - 1, bytes = bytes -
        CAST(CASE WHEN OLD.file_size BETWEEN 0 AND 1 << 50 THEN OLD.file_size ELSE 0 END AS INTEGER)
    WHERE counted = 'artifacts' AND part = OLD.stage;
    INSERT INTO counters (counted, part) SELECT 'artifacts', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'artifacts' AND part = NEW.stage);
    UPDATE counters SET number = number + 1, bytes = bytes +
        CAST(CASE WHEN NEW.file_size BETWEEN 0 AND 1 << 50 THEN NEW.file_size ELSE 0 END AS INTEGER)
    WHERE counted = 'artifacts' AND part = NEW.stage;
END;

CREATE TRIGGER artifacts_relative AFTER INSERT ON artifacts
WHEN substr(NEW.file_path, 1, length(NEW.stage) + 5) = 'art/' || NEW.stage || '/'
BEGIN
    UPDATE artifacts SET file_path = substr(file_path, 5) WHERE id = NEW.id;
END;

CREATE TRIGGER artifacts_replaced_by_update AFTER UPDATE OF id, image_id, stage ON artifacts
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'artifacts' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM artifacts WHERE id = replacing.row));
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage), (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER artifacts_unverified AFTER UPDATE OF file_path, sha256, file_size ON artifacts
WHEN NEW.verified_round = OLD.verified_round AND OLD.verified_round > 0 AND (
    NEW.file_path IS NOT OLD.file_path OR NEW.sha256 IS NOT OLD.sha256 OR NEW.file_size IS NOT OLD.file_size)
BEGIN
    UPDATE artifacts SET verified_round = 0, verified_at = NULL WHERE id = NEW.id;
END;

CREATE TRIGGER blurhash_cache_before_insert BEFORE INSERT ON blurhash_cache
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'blurhash_cache')
  OR EXISTS (SELECT 1 FROM blurhash_cache WHERE image_id = NEW.image_id AND stage = NEW.stage)
  OR EXISTS (SELECT 1 FROM blurhash_cache WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM replacing WHERE counted = 'blurhash_cache';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'blurhash_cache', rowid, image_id, stage, 0 FROM blurhash_cache
    WHERE (image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid;
END;

CREATE TRIGGER blurhash_cache_before_update BEFORE UPDATE ON blurhash_cache
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'blurhash_cache';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'blurhash_cache', rowid, image_id, stage, 0 FROM blurhash_cache
    WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;

CREATE TRIGGER blurhash_cache_counted_delete AFTER DELETE ON blurhash_cache
BEGIN
    DELETE FROM replacing WHERE counted = 'blurhash_cache' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'blurhash_cache' AND part = OLD.stage;
END;

CREATE TRIGGER blurhash_cache_counted_insert AFTER INSERT ON blurhash_cache
BEGIN
    INSERT INTO counters (counted, part) SELECT 'blurhash_cache', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'blurhash_cache' AND part = NEW.stage);
    UPDATE counters SET number = number + 1
    WHERE counted = 'blurhash_cache' AND part = NEW.stage;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'blurhash_cache'
      AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM blurhash_cache WHERE rowid = replacing.row));
END;

CREATE TRIGGER blurhash_cache_counted_update AFTER UPDATE ON blurhash_cache
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE counters SET number = number - 1
    WHERE counted = 'blurhash_cache' AND part = OLD.stage;
    INSERT INTO counters (counted, part) SELECT 'blurhash_cache', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'blurhash_cache' AND part = NEW.stage);
    UPDATE counters SET number = number + 1
    WHERE counted = 'blurhash_cache' AND part = NEW.stage;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'blurhash_cache'
      AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM blurhash_cache WHERE rowid = replacing.row));
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage), (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER blurhash_source AFTER INSERT ON blurhash_cache
WHEN NEW.input_sha256 IS NULL
BEGIN
    UPDATE blurhash_cache
    SET input_sha256 = (SELECT sha256 FROM artifacts WHERE image_id = NEW.image_id AND stage = NEW.stage)
    WHERE image_id = NEW.image_id AND stage = NEW.stage;
END;

CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER decisions_on_insert AFTER INSERT ON images
WHEN (CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END) <>
    COALESCE((SELECT became FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1), 'pending')
BEGIN
    INSERT INTO decisions (image_id, was, became, was_reason, reason, decided_by, batch_id, replaced)
    VALUES (
        NEW.id,
        COALESCE((SELECT became FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1), 'pending'),
        CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END,
        (SELECT reason FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1),
        NEW.rejection_reason,
        (SELECT decided_by FROM deciding),
        (SELECT batch_id FROM deciding),
        EXISTS (SELECT 1 FROM decisions WHERE image_id = NEW.id)
    );
END;

CREATE TRIGGER decisions_on_update AFTER UPDATE OF approved, rejected, rejection_reason ON images
WHEN (OLD.approved IS TRUE) <> (NEW.approved IS TRUE) OR (OLD.rejected IS TRUE) <> (NEW.rejected IS TRUE)
  OR (NEW.rejected IS TRUE AND OLD.rejection_reason IS NOT NEW.rejection_reason)
BEGIN
    INSERT INTO decisions (image_id, was, became, was_reason, reason, decided_by, batch_id)
    VALUES (
        NEW.id,
        CASE WHEN OLD.approved THEN 'approved' WHEN OLD.rejected THEN 'rejected' ELSE 'pending' END,
        CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END,
        OLD.rejection_reason,
        NEW.rejection_reason,
        (SELECT decided_by FROM deciding),
        (SELECT batch_id FROM deciding)
    );
END;

CREATE TRIGGER frames_lost AFTER DELETE ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE child_id = OLD.image_id AND role = 'frame' AND stage = OLD.stage)
  AND EXISTS (SELECT 1 FROM images WHERE id = OLD.image_id AND rejected IS NOT TRUE)
BEGIN
    UPDATE artifacts SET input_sha256 = 'frame lost'
    WHERE stage = OLD.stage AND image_id IN
        (SELECT parent_id FROM lineage WHERE child_id = OLD.image_id AND role = 'frame' AND stage = OLD.stage);
END;

CREATE TRIGGER images_before_insert BEFORE INSERT ON images
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'images')
  OR EXISTS (SELECT 1 FROM images WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM images WHERE sha256 = NEW.sha256)
  OR EXISTS (SELECT 1 FROM images WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM replacing WHERE counted = 'images';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'images', rowid, id, CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END, 0
    FROM images WHERE id = NEW.id OR sha256 = NEW.sha256 OR rowid = NEW.rowid;
END;

CREATE TRIGGER images_before_update BEFORE UPDATE ON images
WHEN NEW.id IS NOT OLD.id OR NEW.sha256 IS NOT OLD.sha256 OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'images';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'images', rowid, id, CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END, 0
    FROM images WHERE (id = NEW.id OR sha256 = NEW.sha256 OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;

CREATE TRIGGER images_counted_delete AFTER DELETE ON images
BEGIN
    DELETE FROM replacing WHERE counted = 'images' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'images' AND part = CASE WHEN OLD.approved THEN 'approved' WHEN OLD.rejected THEN 'rejected' ELSE 'pending' END;
END;

CREATE TRIGGER images_counted_insert AFTER INSERT ON images
BEGIN
    INSERT INTO counters (counted, part) SELECT 'images', CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END);
    UPDATE counters SET number = number + 1
    WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'images' AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM images WHERE rowid = replacing.row));
END;

CREATE TRIGGER images_counted_update AFTER UPDATE OF approved, rejected ON images
WHEN (OLD.approved IS TRUE) <> (NEW.approved IS TRUE) OR (OLD.rejected IS TRUE) <> (NEW.rejected IS TRUE)
BEGIN
    UPDATE counters SET number = number - 1
    WHERE counted = 'images' AND part = CASE WHEN OLD.approved THEN 'approved' WHEN OLD.rejected THEN 'rejected' ELSE 'pending' END;
    INSERT INTO counters (counted, part) SELECT 'images', CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END);
    UPDATE counters SET number = number + 1
    WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END;
END;

CREATE TRIGGER images_film_changed AFTER UPDATE OF mime_type ON images
WHEN NEW.origin = 'upstream' AND NEW.mime_type LIKE 'video/%'
BEGIN
    UPDATE images SET origin = 'video-posters' WHERE id = NEW.id;
END;

CREATE TRIGGER images_film_new AFTER INSERT ON images
WHEN NEW.origin = 'upstream' AND NEW.mime_type LIKE 'video/%'
BEGIN
    UPDATE images SET origin = 'video-posters' WHERE id = NEW.id;
END;

CREATE TRIGGER images_keep_origin AFTER INSERT ON images
WHEN NEW.origin = 'upstream' AND EXISTS (SELECT 1 FROM lineage WHERE child_id = NEW.id AND stage IS NOT NULL)
BEGIN
    UPDATE images SET origin = (SELECT stage FROM lineage WHERE child_id = NEW.id AND stage IS NOT NULL LIMIT 1)
    WHERE id = NEW.id;
END;

CREATE TRIGGER images_keep_original AFTER INSERT ON images
WHEN NEW.content = 'absent' AND NEW.sha256 = (SELECT sha256 FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream')
BEGIN
    UPDATE images
    SET content = 'present',
        width = COALESCE(width, (SELECT width FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream')),
        height = COALESCE(height, (SELECT height FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream'))
    WHERE id = NEW.id;
END;

CREATE TRIGGER images_replaced_by_update AFTER UPDATE ON images
WHEN NEW.id IS NOT OLD.id OR NEW.sha256 IS NOT OLD.sha256 OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'images' AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM images WHERE rowid = replacing.row));
END;

CREATE TRIGGER images_touch AFTER UPDATE ON images
WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT CURRENT_TIMESTAMP
BEGIN
    UPDATE images SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

CREATE TRIGGER jobs_age_changed AFTER UPDATE OF created_at ON images
WHEN NEW.created_at IS NOT OLD.created_at
BEGIN
    UPDATE jobs SET image_created_at = NEW.created_at WHERE image_id = NEW.id;
END;

CREATE TRIGGER jobs_age_new AFTER INSERT ON jobs
WHEN NEW.image_created_at IS NULL
BEGIN
    UPDATE jobs SET image_created_at = (SELECT created_at FROM images WHERE id = NEW.image_id) WHERE id = NEW.id;
END;

CREATE TRIGGER jobs_before_insert BEFORE INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'jobs')
  OR EXISTS (SELECT 1 FROM jobs WHERE id = NEW.id)
  OR (NEW.status IN ('pending', 'running') AND EXISTS (
      SELECT 1 FROM jobs WHERE image_id = NEW.image_id AND stage = NEW.stage AND status IN ('pending', 'running')))
BEGIN
    DELETE FROM replacing WHERE counted = 'jobs';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'jobs', id, image_id, status, 0 FROM jobs
    WHERE (image_id = NEW.image_id AND stage = NEW.stage AND status IN ('pending', 'running')) OR id = NEW.id;
END;

CREATE TRIGGER jobs_before_update BEFORE UPDATE OF id, image_id, stage, status ON jobs
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
  OR (NEW.status IN ('pending', 'running') AND OLD.status NOT IN ('pending', 'running'))
BEGIN
    DELETE FROM replacing WHERE counted = 'jobs';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'jobs', id, image_id, status, 0 FROM jobs
    WHERE ((image_id = NEW.image_id AND stage = NEW.stage AND status IN ('pending', 'running')) OR id = NEW.id)
      AND id <> OLD.id;
END;

CREATE TRIGGER jobs_claim_ends AFTER UPDATE OF status ON jobs
WHEN NEW.status <> 'running' AND NEW.claimed_by IS NOT NULL
BEGIN
    UPDATE jobs SET claimed_by = NULL WHERE id = NEW.id;
END;

CREATE TRIGGER jobs_counted_delete AFTER DELETE ON jobs
BEGIN
    DELETE FROM replacing WHERE counted = 'jobs' AND row = OLD.id;
    UPDATE counters SET number = number - 1
    WHERE counted = 'jobs' AND part = OLD.status;
END;

CREATE TRIGGER jobs_counted_insert AFTER INSERT ON jobs
BEGIN
    UPDATE counters SET number = number + 1 WHERE counted = 'jobs' AND part = NEW.status;
END;

CREATE TRIGGER jobs_counted_update AFTER UPDATE OF status ON jobs
WHEN NEW.status IS NOT OLD.status
BEGIN
    UPDATE counters SET number = number - 1 WHERE counted = 'jobs' AND part = OLD.status;
    UPDATE counters SET number = number + 1 WHERE counted = 'jobs' AND part = NEW.status;
END;

CREATE TRIGGER jobs_first_of_status BEFORE INSERT ON jobs
WHEN NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status)
BEGIN
    INSERT INTO counters (counted, part) VALUES ('jobs', NEW.status);
END;

CREATE TRIGGER jobs_first_to_have_status BEFORE UPDATE OF status ON jobs
WHEN NEW.status IS NOT OLD.status
  AND NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status)
BEGIN
    INSERT INTO counters (counted, part) VALUES ('jobs', NEW.status);
END;

CREATE TRIGGER jobs_replaced_by_insert AFTER INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'jobs')
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'jobs' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = replacing.row));
END;

CREATE TRIGGER jobs_replaced_by_update AFTER UPDATE OF id, image_id, stage, status ON jobs
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
  OR (NEW.status IN ('pending', 'running') AND OLD.status NOT IN ('pending', 'running'))
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'jobs' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = replacing.row));
END;

CREATE TRIGGER jobs_start_takes_pending BEFORE INSERT ON jobs
WHEN NEW.status = 'running'
BEGIN
    DELETE FROM jobs WHERE image_id = NEW.image_id AND stage = NEW.stage AND status = 'pending';
END;

CREATE TRIGGER perceptual_hashes_before_insert BEFORE INSERT ON perceptual_hashes
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'perceptual_hashes')
  OR EXISTS (SELECT 1 FROM perceptual_hashes WHERE image_id = NEW.image_id AND stage = NEW.stage)
  OR EXISTS (SELECT 1 FROM perceptual_hashes WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM replacing WHERE counted = 'perceptual_hashes';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'perceptual_hashes', rowid, image_id, stage, 0 FROM perceptual_hashes
    WHERE (image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid;
END;

CREATE TRIGGER perceptual_hashes_before_update BEFORE UPDATE ON perceptual_hashes
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'perceptual_hashes';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'perceptual_hashes', rowid, image_id, stage, 0 FROM perceptual_hashes
    WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;

CREATE TRIGGER perceptual_hashes_counted_delete AFTER DELETE ON perceptual_hashes
BEGIN
    DELETE FROM replacing WHERE counted = 'perceptual_hashes' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'perceptual_hashes' AND part = OLD.stage;
END;

CREATE TRIGGER perceptual_hashes_counted_insert AFTER INSERT ON perceptual_hashes
BEGIN
    INSERT INTO counters (counted, part) SELECT 'perceptual_hashes', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'perceptual_hashes' AND part = NEW.stage);
    UPDATE counters SET number = number + 1
    WHERE counted = 'perceptual_hashes' AND part = NEW.stage;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'perceptual_hashes'
      AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM perceptual_hashes WHERE rowid = replacing.row));
END;

CREATE TRIGGER perceptual_hashes_counted_update AFTER UPDATE ON perceptual_hashes
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE counters SET number = number - 1
    WHERE counted = 'perceptual_hashes' AND part = OLD.stage;
    INSERT INTO counters (counted, part) SELECT 'perceptual_hashes', NEW.stage
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'perceptual_hashes' AND part = NEW.stage);
    UPDATE counters SET number = number + 1
    WHERE counted = 'perceptual_hashes' AND part = NEW.stage;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'perceptual_hashes'
      AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM perceptual_hashes WHERE rowid = replacing.row));
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage), (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_artifact_gone AFTER DELETE ON artifacts
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

CREATE TRIGGER ready_artifact_new AFTER INSERT ON artifacts
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_blurhash_gone AFTER DELETE ON blurhash_cache
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

CREATE TRIGGER ready_blurhash_new AFTER INSERT ON blurhash_cache
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_image_changed AFTER UPDATE OF id, approved ON images
WHEN NEW.id IS NOT OLD.id OR NEW.approved IS NOT OLD.approved
BEGIN
    INSERT INTO touched VALUES (OLD.id, NULL);
    INSERT INTO touched SELECT NEW.id, NULL WHERE NEW.id IS NOT OLD.id;
END;

CREATE TRIGGER ready_image_gone AFTER DELETE ON images
BEGIN
    INSERT INTO touched VALUES (OLD.id, NULL);
END;

CREATE TRIGGER ready_image_new AFTER INSERT ON images
WHEN NEW.approved = TRUE
  OR EXISTS (SELECT 1 FROM ready WHERE watched_id IN (SELECT id FROM watched) AND image_id = NEW.id)
BEGIN
    INSERT INTO touched VALUES (NEW.id, NULL);
END;

CREATE TRIGGER ready_image_origin AFTER UPDATE OF origin ON images
WHEN NEW.approved = TRUE AND NEW.origin IS NOT OLD.origin
BEGIN
    INSERT INTO touched VALUES (NEW.id, NULL);
END;

CREATE TRIGGER ready_phash_gone AFTER DELETE ON perceptual_hashes
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

CREATE TRIGGER ready_phash_new AFTER INSERT ON perceptual_hashes
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER replaced AFTER UPDATE OF gone ON replacing
BEGIN
    UPDATE counters SET number = number - 1, bytes = bytes - OLD.bytes
    WHERE counted = OLD.counted AND part = OLD.part;
    INSERT INTO touched VALUES (OLD.image_id, NULL);
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
    DELETE FROM replacing WHERE counted = OLD.counted AND row = OLD.row;
END;

CREATE TRIGGER touched_judges INSTEAD OF INSERT ON touched
BEGIN
    DELETE FROM ready
    WHERE image_id = NEW.image_id AND watched_id IN (SELECT id FROM watched)
      AND NOT EXISTS (SELECT 1 FROM ready_now n WHERE n.image_id = NEW.image_id AND n.watched_id = ready.watched_id);
    INSERT INTO ready SELECT n.watched_id, n.image_id FROM ready_now n
    WHERE n.image_id = NEW.image_id
      AND (NEW.stage IS NULL OR NEW.stage IN (n.input, n.output) OR (n.input = 'upstream' AND NEW.stage = n.origin))
      AND NOT EXISTS (SELECT 1 FROM ready r WHERE r.watched_id = n.watched_id AND r.image_id = n.image_id);
END;

CREATE TRIGGER unsettled_artifact_changed AFTER UPDATE OF image_id, stage, sha256, recipe, input_sha256, pinned ON artifacts
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_artifact_gone AFTER DELETE ON artifacts
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_artifact_new AFTER INSERT ON artifacts
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_blurhash_changed AFTER UPDATE ON blurhash_cache
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_blurhash_gone AFTER DELETE ON blurhash_cache
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_blurhash_new AFTER INSERT ON blurhash_cache
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_children_artifact_changed AFTER UPDATE OF image_id, stage, sha256 ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = NEW.image_id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = NEW.image_id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
END;

CREATE TRIGGER unsettled_children_artifact_gone AFTER DELETE ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = OLD.image_id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = OLD.image_id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
END;

CREATE TRIGGER unsettled_children_artifact_new AFTER INSERT ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = NEW.image_id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = NEW.image_id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
END;

CREATE TRIGGER unsettled_children_image AFTER UPDATE OF id, approved, rejected ON images
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = NEW.id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = NEW.id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
END;

CREATE TRIGGER unsettled_image_changed AFTER UPDATE OF id, sha256, approved, rejected, content ON images
BEGIN
    INSERT INTO unsettled SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.id);
END;

CREATE TRIGGER unsettled_image_new AFTER INSERT ON images
BEGIN
    INSERT INTO unsettled SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.id);
END;

CREATE TRIGGER unsettled_job_changed AFTER UPDATE OF status ON jobs
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_job_gone AFTER DELETE ON jobs
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_lineage_new AFTER INSERT ON lineage
BEGIN
    INSERT INTO unsettled SELECT NEW.child_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.child_id);
END;

CREATE TRIGGER unsettled_phash_changed AFTER UPDATE ON perceptual_hashes
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_phash_gone AFTER DELETE ON perceptual_hashes
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_rebuild_new AFTER INSERT ON rebuilds
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE VIEW counted_now (counted, part, number, bytes) AS
SELECT 'images', CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END AS part, count(*), 0
FROM images GROUP BY part
UNION ALL
SELECT 'jobs', status, count(*), 0 FROM jobs GROUP BY status
UNION ALL
SELECT 'artifacts', stage, count(*),
    sum(CAST(CASE WHEN file_size BETWEEN 0 AND 1 << 50 THEN file_size ELSE 0 END AS INTEGER))
FROM artifacts GROUP BY stage
UNION ALL
SELECT 'blurhash_cache', stage, count(*), 0 FROM blurhash_cache GROUP BY stage
UNION ALL
SELECT 'perceptual_hashes', stage, count(*), 0 FROM perceptual_hashes GROUP BY stage;

CREATE VIEW ready_now (watched_id, image_id, input, output, origin) AS
SELECT w.id, i.id, w.input, w.output, i.origin FROM images i
JOIN watched w
WHERE i.approved = TRUE
  AND (EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND a.stage = w.input)
       OR (w.input = 'upstream' AND i.origin <> 'upstream'
           AND EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND a.stage = i.origin)))
  AND NOT CASE w.output
    WHEN 'blurhash' THEN EXISTS (SELECT 1 FROM blurhash_cache o WHERE o.image_id = i.id
        AND (o.stage = w.input OR (w.input = 'upstream' AND o.stage = i.origin)))
    WHEN 'phash' THEN EXISTS (SELECT 1 FROM perceptual_hashes o WHERE o.image_id = i.id
        AND (o.stage = w.input OR (w.input = 'upstream' AND o.stage = i.origin)))
    ELSE EXISTS (SELECT 1 FROM artifacts o WHERE o.image_id = i.id AND o.stage = w.output)
END;

CREATE VIEW touched (image_id, stage) AS SELECT image_id, NULL FROM ready;
