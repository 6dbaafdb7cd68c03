-- The folder of the image's own file: art/upstream for what was registered, another stage's for what a stage made of
-- other images. Wherever a stage is made from `upstream`, this is what it is made from.
ALTER TABLE images ADD COLUMN origin TEXT NOT NULL DEFAULT 'upstream';

CREATE INDEX images_by_origin ON images (origin, id) WHERE origin <> 'upstream';

-- Which stage makes the child of the parents; NULL where no stage of ours does.
ALTER TABLE lineage ADD COLUMN stage TEXT;

-- INSERT OR REPLACE forgets what it does not name.
CREATE TRIGGER images_keep_origin AFTER INSERT ON images
WHEN NEW.origin = 'upstream' AND EXISTS (SELECT 1 FROM lineage WHERE child_id = NEW.id AND stage IS NOT NULL)
BEGIN
    UPDATE images SET origin = (SELECT stage FROM lineage WHERE child_id = NEW.id AND stage IS NOT NULL LIMIT 1)
    WHERE id = NEW.id;
END;

-- What becomes of a parent may make something wanted of its children.
CREATE TRIGGER unsettled_children_image AFTER UPDATE OF id, approved, rejected ON images
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = NEW.id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = NEW.id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
END;

CREATE TRIGGER unsettled_children_artifact_new AFTER INSERT ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE parent_id = NEW.image_id)
BEGIN
    INSERT INTO unsettled SELECT DISTINCT child_id FROM lineage WHERE parent_id = NEW.image_id
    AND child_id NOT IN (SELECT image_id FROM unsettled);
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

CREATE TRIGGER unsettled_lineage_new AFTER INSERT ON lineage
BEGIN
    INSERT INTO unsettled SELECT NEW.child_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.child_id);
END;

-- A failed job that is due again by itself says when; those whose retries were used up are due no more.
UPDATE jobs SET due_at = NULL WHERE status = 'failed' AND (failure_kind IS NOT 'transient' OR attempts >= 3);
