-- When the image of a job came, so that the newest and the oldest are found without looking at every job.
ALTER TABLE jobs ADD COLUMN image_created_at TIMESTAMP;

CREATE INDEX jobs_by_age ON jobs (stage, image_created_at) WHERE status = 'pending';

UPDATE jobs SET image_created_at = (SELECT created_at FROM images WHERE id = jobs.image_id)
WHERE status IN ('pending', 'running', 'failed');

-- Planning says it by itself; scripts need not know of it.
CREATE TRIGGER jobs_age_new AFTER INSERT ON jobs
WHEN NEW.image_created_at IS NULL
BEGIN
    UPDATE jobs SET image_created_at = (SELECT created_at FROM images WHERE id = NEW.image_id) WHERE id = NEW.id;
END;

CREATE TRIGGER jobs_age_changed AFTER UPDATE OF created_at ON images
WHEN NEW.created_at IS NOT OLD.created_at
BEGIN
    UPDATE jobs SET image_created_at = NEW.created_at WHERE image_id = NEW.id;
END;

-- What is ready: as before, and where `upstream` is asked for also what an image has in its place: frames, results.
DROP VIEW ready_now;

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

DROP TRIGGER touched_judges;

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

CREATE TRIGGER ready_image_origin AFTER UPDATE OF origin ON images
WHEN NEW.approved = TRUE AND NEW.origin IS NOT OLD.origin
BEGIN
    INSERT INTO touched VALUES (NEW.id, NULL);
END;

DELETE FROM ready;

INSERT INTO ready (watched_id, image_id) SELECT watched_id, image_id FROM ready_now;

-- Counting jobs, in half the time: what nearly never happens has triggers of its own, which then cost next to nothing.
DROP TRIGGER jobs_counted_insert;
DROP TRIGGER jobs_counted_update;

CREATE TRIGGER jobs_first_of_status BEFORE INSERT ON jobs
WHEN NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status)
BEGIN
    INSERT INTO counters (counted, part) VALUES ('jobs', NEW.status);
END;

CREATE TRIGGER jobs_counted_insert AFTER INSERT ON jobs
BEGIN
    UPDATE counters SET number = number + 1 WHERE counted = 'jobs' AND part = NEW.status;
END;

CREATE TRIGGER jobs_replaced_by_insert AFTER INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM replacing WHERE counted = 'jobs')
BEGIN
    UPDATE replacing SET gone = TRUE
    WHERE counted = 'jobs' AND (row = NEW.id OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = replacing.row));
END;

CREATE TRIGGER jobs_first_to_have_status BEFORE UPDATE OF status ON jobs
WHEN NEW.status IS NOT OLD.status
  AND NOT EXISTS (SELECT 1 FROM counters WHERE counted = 'jobs' AND part = NEW.status)
BEGIN
    INSERT INTO counters (counted, part) VALUES ('jobs', NEW.status);
END;

CREATE TRIGGER jobs_counted_update AFTER UPDATE OF status ON jobs
WHEN NEW.status IS NOT OLD.status
BEGIN
    UPDATE counters SET number = number - 1 WHERE counted = 'jobs' AND part = OLD.status;
    UPDATE counters SET number = number + 1 WHERE counted = 'jobs' AND part = NEW.status;
END;
