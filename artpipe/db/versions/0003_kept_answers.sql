-- Answers that are kept up to date instead of computed, so that questions cost the same in a library of any size:
-- how many rows there are of each kind, and which images are ready for which stage. Triggers keep them, so they
-- are right whoever writes.

-- What `stats` shows.
CREATE TABLE counters (
    counted TEXT NOT NULL,                -- a table
    part TEXT NOT NULL,                   -- decision of images, status of jobs, stage of what was made
    number INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (counted, part)
) WITHOUT ROWID;

-- The pairs of stages that `find-ready` answers at once: each stage with what it is made from for approved images.
CREATE TABLE watched (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: rows in `ready` may outlive a pair by a moment
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    UNIQUE (input, output)
);

-- Every image that is ready for a watched pair. An image that is not may be left over: whoever asks compares with
-- `ready_now`.
CREATE TABLE ready (
    watched_id INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    PRIMARY KEY (watched_id, image_id)
) WITHOUT ROWID;

-- INSERT OR REPLACE and UPDATE OR REPLACE remove rows without a DELETE trigger, unless recursive_triggers is on.
-- So a BEFORE trigger notes here what may be replaced, and the AFTER trigger, which runs only if the row really went
-- in, marks what is gone. What is noted and not gone (OR IGNORE, ON CONFLICT, a failed statement) means nothing and
-- is cleared by the next note.
CREATE TABLE replacing (
    counted TEXT NOT NULL,
    row INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    part TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    gone BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (counted, row)
) WITHOUT ROWID;

-- The same numbers, counted. A size that no file has counts as none.
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

-- What is ready: approved, the first stage made, the second not. For a blurhash or a perceptual hash the second is a
-- row about the first.
CREATE VIEW ready_now (watched_id, image_id, input, output) AS
SELECT w.id, i.id, w.input, w.output FROM images i
JOIN watched w
JOIN artifacts a ON a.image_id = i.id AND a.stage = w.input
WHERE i.approved = TRUE AND NOT CASE w.output
    WHEN 'blurhash' THEN EXISTS (SELECT 1 FROM blurhash_cache o WHERE o.image_id = i.id AND o.stage = w.input)
    WHEN 'phash' THEN EXISTS (SELECT 1 FROM perceptual_hashes o WHERE o.image_id = i.id AND o.stage = w.input)
    ELSE EXISTS (SELECT 1 FROM artifacts o WHERE o.image_id = i.id AND o.stage = w.output)
END;

-- Below there is no OR IGNORE and no upsert: inside a trigger the outer statement's conflict clause would take their
-- place.

-- A view to insert into, so that what every trigger of the list has to do is written once.
-- Stage: the one that came or went; NULL if it is the image that changed.
CREATE VIEW touched (image_id, stage) AS SELECT image_id, NULL FROM ready;

CREATE TRIGGER touched_judges INSTEAD OF INSERT ON touched
BEGIN
    DELETE FROM ready
    WHERE image_id = NEW.image_id AND watched_id IN (SELECT id FROM watched)
      AND NOT EXISTS (SELECT 1 FROM ready_now n WHERE n.image_id = NEW.image_id AND n.watched_id = ready.watched_id);
    INSERT INTO ready SELECT n.watched_id, n.image_id FROM ready_now n
    WHERE n.image_id = NEW.image_id AND (NEW.stage IS NULL OR NEW.stage IN (n.input, n.output))
      AND NOT EXISTS (SELECT 1 FROM ready r WHERE r.watched_id = n.watched_id AND r.image_id = n.image_id);
END;

CREATE TRIGGER replaced AFTER UPDATE OF gone ON replacing
BEGIN
    UPDATE counters SET number = number - 1, bytes = bytes - OLD.bytes
    WHERE counted = OLD.counted AND part = OLD.part;
    INSERT INTO touched VALUES (OLD.image_id, NULL);
    INSERT INTO unsettled SELECT OLD.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = OLD.image_id);
    DELETE FROM replacing WHERE counted = OLD.counted AND row = OLD.row;
END;

-- With recursive_triggers on, a row that was updated in this very second was touched for ever.
DROP TRIGGER images_touch;

CREATE TRIGGER images_touch AFTER UPDATE ON images
WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT CURRENT_TIMESTAMP
BEGIN
    UPDATE images SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

-- images

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

CREATE TRIGGER images_counted_insert AFTER INSERT ON images
BEGIN
    INSERT INTO counters (counted, part) SELECT 'images', CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END);
    UPDATE counters SET number = number + 1
    WHERE counted = 'images' AND part = CASE WHEN NEW.approved THEN 'approved' WHEN NEW.rejected THEN 'rejected' ELSE 'pending' END;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'images' AND (row = NEW.rowid OR NOT EXISTS (SELECT 1 FROM images WHERE rowid = replacing.row));
END;

CREATE TRIGGER images_before_update BEFORE UPDATE ON images
WHEN NEW.id IS NOT OLD.id OR NEW.sha256 IS NOT OLD.sha256 OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'images';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'images', rowid, id, CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END, 0
    FROM images WHERE (id = NEW.id OR sha256 = NEW.sha256 OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;

CREATE TRIGGER images_replaced_by_update AFTER UPDATE ON images
WHEN NEW.id IS NOT OLD.id OR NEW.sha256 IS NOT OLD.sha256 OR NEW.rowid <> OLD.rowid
BEGIN
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

CREATE TRIGGER images_counted_delete AFTER DELETE ON images
BEGIN
    DELETE FROM replacing WHERE counted = 'images' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'images' AND part = CASE WHEN OLD.approved THEN 'approved' WHEN OLD.rejected THEN 'rejected' ELSE 'pending' END;
END;

-- An image that took another's place may stand in `ready` although it is not approved.
CREATE TRIGGER ready_image_new AFTER INSERT ON images
WHEN NEW.approved = TRUE
  OR EXISTS (SELECT 1 FROM ready WHERE watched_id IN (SELECT id FROM watched) AND image_id = NEW.id)
BEGIN
    INSERT INTO touched VALUES (NEW.id, NULL);
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

-- artifacts

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

CREATE TRIGGER artifacts_before_update BEFORE UPDATE OF id, image_id, stage ON artifacts
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
BEGIN
    DELETE FROM replacing WHERE counted = 'artifacts';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'artifacts', id, image_id, stage,
        CAST(CASE WHEN file_size BETWEEN 0 AND 1 << 50 THEN file_size ELSE 0 END AS INTEGER)
    FROM artifacts WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR id = NEW.id) AND id <> OLD.id;
END;

CREATE TRIGGER artifacts_replaced_by_update AFTER UPDATE OF id, image_id, stage ON artifacts
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'artifacts' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM artifacts WHERE id = replacing.row));
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage), (NEW.image_id, NEW.stage);
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

CREATE TRIGGER artifacts_counted_delete AFTER DELETE ON artifacts
BEGIN
    DELETE FROM replacing WHERE counted = 'artifacts' AND row = OLD.id;
    UPDATE counters SET number = number - 1, bytes = bytes -
        CAST(CASE WHEN OLD.file_size BETWEEN 0 AND 1 << 50 THEN OLD.file_size ELSE 0 END AS INTEGER)
    WHERE counted = 'artifacts' AND part = OLD.stage;
END;

CREATE TRIGGER ready_artifact_new AFTER INSERT ON artifacts
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_artifact_gone AFTER DELETE ON artifacts
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

-- jobs: two rows exclude each other by number, or by being open for the same (image, stage).

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

CREATE TRIGGER jobs_counted_insert AFTER INSERT ON jobs
BEGIN
    INSERT INTO counters (counted, part) SELECT 'jobs', NEW.status
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status);
    UPDATE counters SET number = number + 1
    WHERE counted = 'jobs' AND part = NEW.status;
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'jobs' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = replacing.row));
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

CREATE TRIGGER jobs_replaced_by_update AFTER UPDATE OF id, image_id, stage, status ON jobs
WHEN NEW.id IS NOT OLD.id OR NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage
  OR (NEW.status IN ('pending', 'running') AND OLD.status NOT IN ('pending', 'running'))
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'jobs' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = replacing.row));
END;

CREATE TRIGGER jobs_counted_update AFTER UPDATE OF status ON jobs
WHEN NEW.status IS NOT OLD.status
BEGIN
    UPDATE counters SET number = number - 1
    WHERE counted = 'jobs' AND part = OLD.status;
    INSERT INTO counters (counted, part) SELECT 'jobs', NEW.status
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status);
    UPDATE counters SET number = number + 1
    WHERE counted = 'jobs' AND part = NEW.status;
END;

CREATE TRIGGER jobs_counted_delete AFTER DELETE ON jobs
BEGIN
    DELETE FROM replacing WHERE counted = 'jobs' AND row = OLD.id;
    UPDATE counters SET number = number - 1
    WHERE counted = 'jobs' AND part = OLD.status;
END;

-- blurhash_cache

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

CREATE TRIGGER blurhash_cache_before_update BEFORE UPDATE ON blurhash_cache
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'blurhash_cache';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'blurhash_cache', rowid, image_id, stage, 0 FROM blurhash_cache
    WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
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

CREATE TRIGGER blurhash_cache_counted_delete AFTER DELETE ON blurhash_cache
BEGIN
    DELETE FROM replacing WHERE counted = 'blurhash_cache' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'blurhash_cache' AND part = OLD.stage;
END;

CREATE TRIGGER ready_blurhash_new AFTER INSERT ON blurhash_cache
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_blurhash_gone AFTER DELETE ON blurhash_cache
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

-- perceptual_hashes

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

CREATE TRIGGER perceptual_hashes_before_update BEFORE UPDATE ON perceptual_hashes
WHEN NEW.image_id IS NOT OLD.image_id OR NEW.stage IS NOT OLD.stage OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM replacing WHERE counted = 'perceptual_hashes';
    INSERT INTO replacing (counted, row, image_id, part, bytes)
    SELECT 'perceptual_hashes', rowid, image_id, stage, 0 FROM perceptual_hashes
    WHERE ((image_id = NEW.image_id AND stage = NEW.stage) OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
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

CREATE TRIGGER perceptual_hashes_counted_delete AFTER DELETE ON perceptual_hashes
BEGIN
    DELETE FROM replacing WHERE counted = 'perceptual_hashes' AND row = OLD.rowid;
    UPDATE counters SET number = number - 1
    WHERE counted = 'perceptual_hashes' AND part = OLD.stage;
END;

CREATE TRIGGER ready_phash_new AFTER INSERT ON perceptual_hashes
BEGIN
    INSERT INTO touched VALUES (NEW.image_id, NEW.stage);
END;

CREATE TRIGGER ready_phash_gone AFTER DELETE ON perceptual_hashes
BEGIN
    INSERT INTO touched VALUES (OLD.image_id, OLD.stage);
END;

-- What is there now. Runs keep `watched` in step with the stages of the settings; these are the built-in ones.
INSERT INTO watched (input, output) VALUES
    ('upstream', 'thumbnails-small'),
    ('upstream', 'web-optimized'),
    ('web-optimized', 'blurhash'),
    ('upstream', 'phash'),
    ('web-optimized', 'ersgan-enhanced'),
    ('ersgan-enhanced', 'ersgan-thumbnails');

INSERT INTO counters (counted, part, number, bytes) SELECT counted, part, number, bytes FROM counted_now;

INSERT INTO ready (watched_id, image_id) SELECT watched_id, image_id FROM ready_now;
