# The db-… functions of the old scripts, done by artpipe. For bash and zsh:
#     eval "$(artpipe snippets --shell)"
# Run them where your cv.db is, or set ARTPIPE_DB.

# db-upsert-images ID... : takes in img/ID.*, approves those that have a marker in yes/.
# It prints nothing, so that `db-upsert-images "$@" | sqlite3 cv.db` in old scripts does no harm.
db-upsert-images() {
    local id
    for id in "$@"; do
        db-files img "$id" || printf 'img/%s.*: no such file\n' "$id" >&2
    done | tr '\n' '\0' | artpipe register -0 - >&2
    for id in "$@"; do
        db-files yes "$id" >/dev/null && printf '%s\n' "$id"
    done | db-still-pending | artpipe approve - >&2
}

# The files FOLDER/ID.* that are there; none is a failure.
db-files() {
    local file found=1
    for file in "$1/$2".{jpeg,jpg,png,webp,gif,avif,tif,tiff,mp4}; do
        if [ -f "$file" ]; then
            printf '%s\n' "$file"
            found=0
        fi
    done
    return $found
}

# Of the ids on stdin those that nobody has decided on: what stands in the database outweighs old markers.
db-still-pending() {
    LC_ALL=C sort -u | LC_ALL=C comm -12 - <(artpipe list --status pending | LC_ALL=C sort)
}

# db-log-artifact ID STAGE FILE [PARAMS-JSON]
db-log-artifact() {
    artpipe log-artifact -- "$@"
}

# db-sync-artifacts STAGE DIR
db-sync-artifacts() {
    artpipe sync-artifacts -- "$@"
}

# db-start-job ID STAGE : exit code 75 if somebody else has it; then leave it alone.
db-start-job() {
    artpipe start-job -- "$@"
}

# db-complete-job ID STAGE
db-complete-job() {
    artpipe complete-job -- "$@"
}

# db-fail-job ID STAGE [MESSAGE]
db-fail-job() {
    artpipe fail-job -- "$@"
}

# db-store-blurhash ID STAGE HASH W H
db-store-blurhash() {
    artpipe store-blurhash -- "$@"
}

# db-generate-blurhash : artpipe knows which are missing; a stage and a folder, as of old, may be given.
db-generate-blurhash() {
    artpipe blurhash
}

# db-stats
db-stats() {
    artpipe stats "$@"
}

# db-find-ready INPUT OUTPUT
db-find-ready() {
    artpipe find-ready "$@"
}

# db-migrate-approval : markers in yes/ and no/ become decisions; where both are, yes wins.
db-migrate-approval() {
    db-marked yes | db-still-pending | artpipe approve -
    db-marked no | db-still-pending | artpipe reject - --reason manual
}

db-marked() {
    find -L "$1" -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null | sed 's|.*/||; s|\.[^.]*$||'
}

# db-migrate-blurhash : computed anew, which beats the colour grids in blur/.
db-migrate-blurhash() {
    artpipe blurhash
}

# For `xargs bash -c 'db-…'`; zsh has no exported functions.
if [ -n "${BASH_VERSION-}" ]; then
    export -f db-upsert-images db-files db-still-pending db-log-artifact db-sync-artifacts db-start-job db-complete-job \
        db-fail-job db-store-blurhash db-generate-blurhash db-stats db-find-ready db-migrate-approval db-marked \
        db-migrate-blurhash
fi
