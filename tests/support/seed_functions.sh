# What the main seed's shell functions do, in our own words, for machines that have not got the document.

db-upsert-images() {
    echo "BEGIN;"
    for id in "$@"; do
        local approved=false
        [ -f "yes/$id.jpeg" ] && approved=true
        echo "INSERT OR REPLACE INTO images (id, sha256, file_size, approved) VALUES" \
            "('$id', '$(sha256sum "img/$id.jpeg" | cut -c1-64)', $(wc -c <"img/$id.jpeg"), $approved);"
    done
    echo "COMMIT;"
}

db-log-artifact() {
    local params=NULL
    [ -f "$3" ] || return 0
    [ "${4:-null}" = null ] || params="'$4'"
    echo "INSERT OR REPLACE INTO artifacts (image_id, stage, file_path, sha256, width, height, file_size," \
        "processing_params) VALUES ('$1', '$2', '$3', '$(sha256sum "$3" | cut -c1-64)', NULL, NULL," \
        "$(wc -c <"$3"), $params);" | sqlite3 cv.db
}

db-sync-artifacts() {
    local file name
    find "$2" -name '*.png' -o -name '*.jpeg' | while read -r file; do
        name=${file##*/}
        db-log-artifact "${name%%.*}" "$1" "$file"
    done
}

db-start-job() {
    echo "INSERT INTO jobs (image_id, stage, status, started_at)" \
        "VALUES ('$1', '$2', 'running', datetime('now'));" | sqlite3 cv.db
}

db-complete-job() {
    echo "UPDATE jobs SET status = 'completed', completed_at = datetime('now')" \
        "WHERE image_id = '$1' AND stage = '$2' AND status = 'running';" | sqlite3 cv.db
}

db-fail-job() {
    echo "UPDATE jobs SET status = 'failed', completed_at = datetime('now'), error_message = '$3'," \
        "retry_count = retry_count + 1" \
        "WHERE image_id = '$1' AND stage = '$2' AND status = 'running';" | sqlite3 cv.db
}

db-store-blurhash() {
    echo "INSERT OR REPLACE INTO blurhash_cache (image_id, stage, blurhash, width, height)" \
        "VALUES ('$1', '$2', '$3', $4, $5);" | sqlite3 cv.db
}

db-generate-blurhash() {
    echo "SELECT a.image_id FROM artifacts a LEFT JOIN blurhash_cache b" \
        "ON b.image_id = a.image_id AND b.stage = a.stage WHERE a.stage = '$1' AND b.image_id IS NULL;" |
        sqlite3 cv.db | while read -r id; do
        db-store-blurhash "$id" "$1" 'L9AB23~q^+IA4;xDRjSh{9s:O9M}' 60 40
    done
}

db-stats() {
    printf '%s\n' .mode\ column .headers\ on \
        "SELECT 'Total Images' AS metric, count(*) AS value FROM images;" \
        "SELECT stage, count(*) AS count FROM artifacts GROUP BY stage;" | sqlite3 cv.db
}

db-find-ready() {
    echo "SELECT i.id FROM images i JOIN artifacts a ON a.image_id = i.id AND a.stage = '$1'" \
        "LEFT JOIN artifacts b ON b.image_id = i.id AND b.stage = '$2'" \
        "WHERE i.approved = true AND b.id IS NULL;" | sqlite3 cv.db
}

db-migrate-approval() {
    echo "BEGIN;"
    for file in yes/*.jpeg; do
        file=${file##*/}
        echo "UPDATE images SET approved = true WHERE id = '${file%.jpeg}';"
    done
    for file in no/*; do
        echo "UPDATE images SET rejected = true, rejection_reason = 'manual' WHERE id = '${file##*/}';"
    done
    echo "COMMIT;"
}

db-migrate-blurhash() {
    echo "-- nothing yet"
}
