-- Which program outside of artpipe has a running job in hand (JSON, written and read by store/callers.py).
-- NULL: nobody knows, as when plain SQL started it.
ALTER TABLE jobs ADD COLUMN claimed_by TEXT;

-- Whoever ends a job or gives it back ends the claim, plain SQL too.
CREATE TRIGGER jobs_claim_ends AFTER UPDATE OF status ON jobs
WHEN NEW.status <> 'running' AND NEW.claimed_by IS NOT NULL
BEGIN
    UPDATE jobs SET claimed_by = NULL WHERE id = NEW.id;
END;

-- Scripts name a file as they see it from the library's folder: art/STAGE/ID.EXT. file_path is relative to art/.
CREATE TRIGGER artifacts_relative AFTER INSERT ON artifacts
WHEN substr(NEW.file_path, 1, length(NEW.stage) + 5) = 'art/' || NEW.stage || '/'
BEGIN
    UPDATE artifacts SET file_path = substr(file_path, 5) WHERE id = NEW.id;
END;
