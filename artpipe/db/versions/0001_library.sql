-- The seed's four tables keep every column name, type and meaning; what follows them in each table is ours.

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
    content TEXT NOT NULL DEFAULT 'absent' CHECK (content IN ('present', 'truncated', 'absent')),
    CHECK (NOT (approved AND rejected))
);

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
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    FOREIGN KEY (image_id) REFERENCES images(id),
    UNIQUE (image_id, stage)
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
    seconds REAL,                         -- of work, for forecasts
    FOREIGN KEY (image_id) REFERENCES images(id)
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

-- One row per command that decided something, so that it can be taken back as a whole.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    decided_by TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    undone_by INTEGER REFERENCES batches(id)
);

-- Append-only. No foreign key to images: what was decided outlives the row it was decided on.
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
);

-- Who decides in the transaction that is open now. Empty outside of one, so plain SQL is recorded as plain SQL.
CREATE TABLE deciding (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    batch_id INTEGER REFERENCES batches(id),  -- NULL: artpipe itself, on what the bytes showed
    decided_by TEXT
);

-- Every file that was ever seen, so that registering an unchanged folder again reads no bytes.
CREATE TABLE sources (
    path TEXT PRIMARY KEY NOT NULL,
    image_id TEXT NOT NULL REFERENCES images(id),
    sha256 TEXT,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    seen_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

-- Other names under which the same content turned up.
CREATE TABLE aliases (
    name TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES images(id),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (name, image_id)
) WITHOUT ROWID;

-- Which images an image was made from (video frames, face-swap results).
CREATE TABLE lineage (
    child_id TEXT NOT NULL REFERENCES images(id),
    parent_id TEXT NOT NULL REFERENCES images(id),
    role TEXT NOT NULL,
    position REAL,                        -- seconds into a video, or the parent's place among several
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (child_id, parent_id, role)
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

-- Images that may have something wanted: planning looks at these alone, so that a finished library costs nothing.
CREATE TABLE unsettled (
    image_id TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX images_by_approval ON images (approved, id);
CREATE INDEX images_by_decision ON images (approved, rejected, created_at);
CREATE INDEX images_by_age ON images (created_at);
CREATE INDEX artifacts_by_stage ON artifacts (stage, image_id);
CREATE UNIQUE INDEX jobs_open ON jobs (image_id, stage) WHERE status IN ('pending', 'running');
CREATE INDEX jobs_by_image ON jobs (image_id, stage);
CREATE INDEX jobs_by_status ON jobs (status, stage, id);
CREATE INDEX jobs_by_run ON jobs (run_id) WHERE status = 'running';
CREATE INDEX decisions_by_image ON decisions (image_id, id);
CREATE INDEX decisions_by_batch ON decisions (batch_id, id);
CREATE INDEX sources_by_image ON sources (image_id);
CREATE INDEX aliases_by_image ON aliases (image_id);
CREATE INDEX lineage_by_parent ON lineage (parent_id);
CREATE INDEX runs_alive ON runs (id) WHERE ended_at IS NULL;
CREATE INDEX perceptual_hashes_by_hash ON perceptual_hashes (phash);

-- Touched means touched, whoever did it; an explicit updated_at is kept.
CREATE TRIGGER images_touch AFTER UPDATE ON images
WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE images SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

-- INSERT OR REPLACE forgets what it does not name; the original still lies there.
CREATE TRIGGER images_keep_original AFTER INSERT ON images
WHEN NEW.content = 'absent' AND NEW.sha256 = (SELECT sha256 FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream')
BEGIN
    UPDATE images
    SET content = 'present',
        width = COALESCE(width, (SELECT width FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream')),
        height = COALESCE(height, (SELECT height FROM artifacts WHERE image_id = NEW.id AND stage = 'upstream'))
    WHERE id = NEW.id;
END;

-- Decisions: every change of state leaves a row, also what plain SQL changes.
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

-- INSERT OR REPLACE shows no old row; what the row was before is what was decided last.
CREATE TRIGGER decisions_on_insert AFTER INSERT ON images
WHEN (CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END) <>
    COALESCE((SELECT became FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1), 'pending')
BEGIN
    INSERT INTO decisions (image_id, was, became, was_reason, reason, decided_by, batch_id)
    VALUES (
        NEW.id,
        COALESCE((SELECT became FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1), 'pending'),
        CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END,
        (SELECT reason FROM decisions WHERE image_id = NEW.id ORDER BY id DESC LIMIT 1),
        NEW.rejection_reason,
        (SELECT decided_by FROM deciding),
        (SELECT batch_id FROM deciding)
    );
END;

CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

-- A script that starts a job by plain SQL takes the one that was waiting.
CREATE TRIGGER jobs_start_takes_pending BEFORE INSERT ON jobs
WHEN NEW.status = 'running'
BEGIN
    DELETE FROM jobs WHERE image_id = NEW.image_id AND stage = NEW.stage AND status = 'pending';
END;

-- A blurhash stored by plain SQL is taken to describe the artifact as it is now.
CREATE TRIGGER blurhash_source AFTER INSERT ON blurhash_cache
WHEN NEW.input_sha256 IS NULL
BEGIN
    UPDATE blurhash_cache
    SET input_sha256 = (SELECT sha256 FROM artifacts WHERE image_id = NEW.image_id AND stage = NEW.stage)
    WHERE image_id = NEW.image_id AND stage = NEW.stage;
END;

-- Whatever can make something wanted marks its image. No OR IGNORE: inside a trigger the outer statement's
-- conflict clause would take its place.
CREATE TRIGGER unsettled_image_new AFTER INSERT ON images
BEGIN
    INSERT INTO unsettled SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.id);
END;

CREATE TRIGGER unsettled_image_changed AFTER UPDATE OF id, sha256, approved, rejected, content ON images
BEGIN
    INSERT INTO unsettled SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.id);
END;

CREATE TRIGGER unsettled_artifact_new AFTER INSERT ON artifacts
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_artifact_changed AFTER UPDATE OF image_id, stage, sha256, recipe, input_sha256, pinned ON artifacts
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_artifact_gone AFTER DELETE ON artifacts
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_blurhash_new AFTER INSERT ON blurhash_cache
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

CREATE TRIGGER unsettled_phash_gone AFTER DELETE ON perceptual_hashes
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;

CREATE TRIGGER unsettled_phash_changed AFTER UPDATE ON perceptual_hashes
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_job_changed AFTER UPDATE OF status ON jobs
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;

CREATE TRIGGER unsettled_job_gone AFTER DELETE ON jobs
BEGIN
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
END;
