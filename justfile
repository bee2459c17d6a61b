# What is done to this project, one recipe each. `./just` lists them, and fetches `just` first where
# there is none. What needs more than two lines is a script in deploy/tools or Rust in tests/.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# Where `nats-server` and the Python of the tests are found, once `tools` has seen to them.
export PATH := justfile_directory() / ".tools/bin:" + env("PATH")
export SWITCHBOARD_TEST_PYTHON := justfile_directory() / ".tools/venv/bin/python"
export RUSTDOCFLAGS := "-D warnings"

# List the recipes.
default:
    @"{{ just_executable() }}" --justfile "{{ justfile() }}" --list --unsorted

# Build the release and run it on ./data: broker, console page and NATS. Ctrl-C ends it.
up *args:
    @exec deploy/tools/serve up "$@"

# Show everything at once, on fresh data: broker, live chat, two operators, a phone. Ctrl-C ends it.
demo *args:
    @exec deploy/tools/demo "$@"

# Play a custom messenger against a running broker; `./just messenger --help` tells how.
messenger *args:
    @exec deploy/tools/serve messenger "$@"

# Build the release binary, target/release/switchboard, and the console page in it.
build:
    @deploy/tools/build

# Check everything that must hold: format, lints, documentation, all tests.
test: tools web fmt-check lint doctest unit crash web-test e2e browser

# Install into .tools what tests need and is missing: nats-server, nextest, Python packages.
tools:
    @deploy/tools/fetch nats-server >/dev/null
    @deploy/tools/fetch cargo-nextest >/dev/null || true # run-tests can do without
    @deploy/tools/python-env >/dev/null

# Format the code.
fmt:
    cargo fmt --all

# Fail where the code is not formatted.
fmt-check:
    cargo fmt --all --check

# Fail on any warning of clippy or rustdoc, or a stale Cargo.lock.
lint: doc
    cargo clippy --locked --workspace --all-targets -- --deny warnings

# Build the documentation of all crates, private items too: target/doc.
doc:
    cargo doc --workspace --no-deps --document-private-items

# Run the tests of the crates; arguments choose: `./just unit -p chat`.
unit *args="--workspace --exclude acceptance": tools
    deploy/tools/run-tests {{ args }}

# Run the examples in the documentation.
doctest:
    cargo test --quiet --workspace --doc

# Run the end-to-end tests against the debug binary; an argument chooses by name.
e2e *args: tools
    cargo build --package switchboard
    deploy/tools/run-tests --package acceptance "$@"

# Build the console page, where it is older than its sources; without Node.js that is said.
web:
    @deploy/tools/web build

# Check the console page: its types, its state on recorded feeds, its weight.
web-test: web
    deploy/tools/web run check test size

# Run the console page in Chromium, against the debug binary and real messengers.
browser: tools web
    cargo build --package switchboard
    deploy/tools/web browser

# Kill the log and cut its power so many times; what was acknowledged must be there.
crash rounds="4":
    cargo test --package event-log --test crash -- --mode kill --rounds {{ rounds }}
    cargo test --package event-log --test crash -- --mode power-portable --rounds {{ rounds }}

# Feed a parser of foreign bytes with what breaks parsers: a target of fuzz/, for so many seconds.
fuzz target seconds="60":
    @deploy/tools/fetch cargo-fuzz >/dev/null
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{ target }} -- -max_total_time={{ seconds }}

# Measure, each beside its yardstick in the same run; a part: `./just bench throughput --connections 256`.
bench *args: tools build
    [ $# -gt 0 ] || cargo bench --package chat --package event-log
    cargo bench --package bench --bench whole -- "$@"

# Write the bytes of kinds and schemas that have none yet; those that are there stay as they are.
golden: tools
    UPDATE_GOLDEN=1 deploy/tools/run-tests --package chat golden

# Remove ./data: every message of the local broker. Asks first.
[confirm("Delete ./data and every message in it? [y/N]")]
clean-data:
    rm -rf ./data
