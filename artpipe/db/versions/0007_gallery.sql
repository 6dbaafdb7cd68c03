-- The gallery's pages: files below art/ that belong to no single image.

-- How each gallery was built last. Another order or page size begins its pages anew.
CREATE TABLE galleries (
    name TEXT PRIMARY KEY NOT NULL,
    sort TEXT NOT NULL,
    page_size INTEGER NOT NULL,
    built_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

-- Which pictures stand on which page: those from this key on, up to the first of the next range. So a page keeps its
-- pictures whatever comes and goes elsewhere.
CREATE TABLE gallery_ranges (
    gallery TEXT NOT NULL REFERENCES galleries(name),
    number INTEGER NOT NULL,
    first_key TEXT NOT NULL,
    first_id TEXT NOT NULL,
    PRIMARY KEY (gallery, number)
) WITHOUT ROWID;

-- Every file of every gallery. Without sha256: about to be written or removed by a build, or left so by one that died.
CREATE TABLE pages (
    path TEXT PRIMARY KEY NOT NULL,       -- relative to art/, as artifacts.file_path
    gallery TEXT NOT NULL REFERENCES galleries(name),
    sha256 TEXT,
    file_size INTEGER,
    written_at TIMESTAMP
) WITHOUT ROWID;

-- 20x20 colours of a picture, three bytes each, row by row: placeholders as older pages know them.
CREATE TABLE colour_grids (
    image_id TEXT PRIMARY KEY NOT NULL,
    grid BLOB NOT NULL,
    input_sha256 TEXT NOT NULL
);
