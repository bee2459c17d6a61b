# The tasks of this project. `./just` installs `just` if it is missing and lists the recipes. Anything
# longer than two lines is a script in deploy/tools or Rust in tests/.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# The `nats-server` and the Python that the recipe `tools` installs.
export PATH := justfile_directory() / ".tools/bin:" + env("PATH")
export SWITCHBOARD_TEST_PYTHON := justfile_directory() / ".tools/venv/bin/python"
export RUSTDOCFLAGS := "-D warnings"

# List the recipes.
default:
    @"{{ just_executable() }}" --justfile "{{ justfile() }}" --list --unsorted

# Build the release and run it on ./data: broker, console page and NATS. Ctrl-C stops it.
up *args:
    @exec deploy/tools/serve up "$@"

# Run a demo on fresh data: broker, live chat, two operators, a phone. Ctrl-C stops it.
demo *args:
    @exec deploy/tools/demo "$@"

# Simulate a messenger; `./just messenger --help` lists the options.
messenger *args:
    @exec deploy/tools/serve messenger "$@"

# Build the release binary, target/release/switchboard, with the console page.
build:
    @deploy/tools/build

# Run all checks and tests, as CI does.
test: tools web fmt-check lint doctest unit crash web-test e2e browser

# Install missing test tools into .tools: nats-server, nextest, Python packages.
tools:
    @deploy/tools/fetch nats-server >/dev/null
    @deploy/tools/fetch cargo-nextest >/dev/null || true # run-tests works without it
    @deploy/tools/python-env >/dev/null

# Format the code.
fmt:
    cargo fmt --all

# Check the format of the code.
fmt-check:
    cargo fmt --all --check

# Run clippy and rustdoc with warnings as errors.
lint: doc
    cargo clippy --locked --workspace --all-targets -- --deny warnings

# Build the documentation of all crates with private items, target/doc.
doc:
    cargo doc --workspace --no-deps --document-private-items

# Run the tests of the crates, or some of them: `./just unit -p chat`.
unit *args="--workspace --exclude acceptance": tools
    deploy/tools/run-tests {{ args }}

# Run the examples in the documentation.
doctest:
    cargo test --quiet --workspace --doc

# Run the end-to-end tests against the debug binary; an argument selects by name.
e2e *args: tools
    cargo build --package switchboard
    deploy/tools/run-tests --package acceptance "$@"

# Build the console page if a source is newer. Needs Node.js.
web:
    @deploy/tools/web build

# Check the console page: types, unit tests, bundle size.
web-test: web
    deploy/tools/web run check test size

# Run the browser tests of the console page, against the debug binary.
browser: tools web
    cargo build --package switchboard
    deploy/tools/web browser

# Test the log with kills and simulated power cuts; acknowledged events must survive.
crash rounds="4": (crash-rows rounds)
    cargo test --package event-log --test crash -- --mode kill --rounds {{ rounds }}
    cargo test --package event-log --test crash -- --mode power-portable --rounds {{ rounds }}

# Test the store of rows with kills.
crash-rows rounds="4":
    cargo test --package projections --test crash -- --rounds {{ rounds }}

# Fuzz a parser, a target of fuzz/, for some seconds.
fuzz target seconds="60":
    @deploy/tools/fetch cargo-fuzz >/dev/null
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{ target }} -- -max_total_time={{ seconds }}

# Run the benchmarks, or a part: `./just bench throughput --connections 256`.
bench *args: tools build
    [ $# -gt 0 ] || cargo bench --package event-log
    cargo bench --package bench --bench whole -- "$@"

# Write golden files for events and schemas that have none. Existing files are not changed.
golden: tools
    UPDATE_GOLDEN=1 deploy/tools/run-tests --package chat golden

# Remove ./data: every message of the local broker. Asks first.
[confirm("Delete ./data and every message in it? [y/N]")]
clean-data:
    rm -rf ./data
