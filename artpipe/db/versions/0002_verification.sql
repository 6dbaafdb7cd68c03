-- How far verifying has got: the number of the round in which the bytes were last compared with the row. A number,
-- not a time: clocks jump, and a row stamped with the year 2100 would never be looked at again.
ALTER TABLE artifacts ADD COLUMN verified_round INTEGER NOT NULL DEFAULT 0;

-- The same for people.
ALTER TABLE artifacts ADD COLUMN verified_at TIMESTAMP;

CREATE INDEX artifacts_by_round ON artifacts (verified_round);

-- What was verified were other bytes.
CREATE TRIGGER artifacts_unverified AFTER UPDATE OF file_path, sha256, file_size ON artifacts
WHEN NEW.verified_round = OLD.verified_round AND OLD.verified_round > 0 AND (
    NEW.file_path IS NOT OLD.file_path OR NEW.sha256 IS NOT OLD.sha256 OR NEW.file_size IS NOT OLD.file_size)
BEGIN
    UPDATE artifacts SET verified_round = 0, verified_at = NULL WHERE id = NEW.id;
END;

-- An INSERT took the place of an image that had been decided on (INSERT OR REPLACE, or a deleted row that came
-- again): nobody decided this, a statement that named other columns did.
ALTER TABLE decisions ADD COLUMN replaced BOOLEAN NOT NULL DEFAULT FALSE;

DROP TRIGGER decisions_on_insert;

-- INSERT OR REPLACE shows no old row; what the row was before is what was decided last.
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
