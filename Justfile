# The user's day. `just --list` shows all; paths can be set: `just img=/data/pictures register`
img := "img"
art := "art"
python := env("PYTHON", "python3")

# take new pictures in
register:
    artpipe register {{img}}

# bring every stage up to date
run *flags:
    artpipe run {{flags}}

# what cron starts: ends by half past six
nightly:
    artpipe register -q {{img}}
    artpipe run --until 06:30 --quiet

# enlarge what is approved and not enlarged yet
upscale *flags:
    artpipe find-ready web-optimized ersgan-enhanced | artpipe upscale - {{flags}}

# totals by decision, stage and job
stats:
    artpipe stats

# every check and every test (the developer's day begins here)
test *flags:
    {{python}} tests/all.py {{flags}}

# checks only
lint:
    {{python}} tests/all.py --lint

# which lines the tests reach
coverage:
    {{python}} tests/all.py --cov

# measurements against what people use today
bench *flags:
    {{python}} benchmarks/run.py {{flags}}

# regenerate docs/cli.md and cv.db.example (--screenshots: docs/images)
docs *flags:
    {{python}} docs/make.py {{flags}}
