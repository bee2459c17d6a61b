//! Has Cargo embed the page again when it was built again. It builds nothing: `./just web` does.

fn main() {
    // A path that is not there would be dirty for ever; its parent changes when it is made.
    let dist = std::path::Path::new("web/dist");
    let watched = if dist.is_dir() { "web/dist" } else { "web" };
    println!("cargo::rerun-if-changed={watched}");
}
