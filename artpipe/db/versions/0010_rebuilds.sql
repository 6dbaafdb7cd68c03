-- What a person asked to be made again although nothing has changed. A row goes when the job for it ends; until then
-- every run knows of it, so that starting again is the whole recovery here too.
CREATE TABLE rebuilds (
    image_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    PRIMARY KEY (image_id, stage)
) WITHOUT ROWID;

CREATE TRIGGER unsettled_rebuild_new AFTER INSERT ON rebuilds
BEGIN
    INSERT INTO unsettled SELECT NEW.image_id WHERE NOT EXISTS (SELECT 1 FROM unsettled WHERE image_id = NEW.image_id);
END;
