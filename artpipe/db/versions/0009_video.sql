-- Videos: wherever a stage is made from `upstream`, it is made from the picture that stands for the video.
CREATE TRIGGER images_film_new AFTER INSERT ON images
WHEN NEW.origin = 'upstream' AND NEW.mime_type LIKE 'video/%'
BEGIN
    UPDATE images SET origin = 'video-posters' WHERE id = NEW.id;
END;

CREATE TRIGGER images_film_changed AFTER UPDATE OF mime_type ON images
WHEN NEW.origin = 'upstream' AND NEW.mime_type LIKE 'video/%'
BEGIN
    UPDATE images SET origin = 'video-posters' WHERE id = NEW.id;
END;

UPDATE images SET origin = 'video-posters' WHERE origin = 'upstream' AND mime_type LIKE 'video/%';

-- A frame whose file is lost is made again with the list that it stands on: that list counts as made of something else.
CREATE TRIGGER frames_lost AFTER DELETE ON artifacts
WHEN EXISTS (SELECT 1 FROM lineage WHERE child_id = OLD.image_id AND role = 'frame' AND stage = OLD.stage)
  AND EXISTS (SELECT 1 FROM images WHERE id = OLD.image_id AND rejected IS NOT TRUE)
BEGIN
    UPDATE artifacts SET input_sha256 = 'frame lost'
    WHERE stage = OLD.stage AND image_id IN
        (SELECT parent_id FROM lineage WHERE child_id = OLD.image_id AND role = 'frame' AND stage = OLD.stage);
END;

INSERT INTO watched (input, output) VALUES ('video-sources', 'video-posters'), ('video-sources', 'video-frames');

INSERT INTO ready (watched_id, image_id)
SELECT r.watched_id, r.image_id FROM watched w JOIN ready_now r ON r.watched_id = w.id WHERE w.input = 'video-sources';
