-- Pictures that one window of `artpipe review` was given to decide on. Kept here, neither in the browser nor in memory:
-- it outlives a reload, a closed window and a killed server, and two servers see what the other one gave out.
CREATE TABLE review_pages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,                  -- which pictures are being looked at (JSON)
    holder TEXT NOT NULL,                 -- the lock of the server that gave it out; a dead server holds nothing
    window_id TEXT NOT NULL,              -- the browser window that shows it
    rank INTEGER NOT NULL,                -- a window shows the page of the lowest rank first
    position INTEGER NOT NULL DEFAULT 0,  -- of the picture that is looked at
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- No foreign key to images: whoever replaces or removes a picture must not be stopped by a page that shows it.
CREATE TABLE review_items (
    page_id INTEGER NOT NULL REFERENCES review_pages(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    was TEXT NOT NULL CHECK (was IN ('approved', 'rejected', 'pending')),  -- when it was given out
    marked BOOLEAN NOT NULL DEFAULT FALSE,                                 -- yes, not committed yet
    decided TEXT CHECK (decided IN ('approved', 'rejected')),              -- on this page, on its own
    PRIMARY KEY (page_id, image_id)
) WITHOUT ROWID;

-- How far the pictures of a scope were given out.
CREATE TABLE review_progress (
    scope TEXT PRIMARY KEY NOT NULL,
    image_id TEXT NOT NULL,
    created_at TIMESTAMP
) WITHOUT ROWID;

CREATE INDEX review_pages_by_window ON review_pages (window_id, rank);
CREATE INDEX review_items_by_image ON review_items (image_id);
