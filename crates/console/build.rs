//! Makes Cargo embed the page again after `./just web` has rebuilt it.

fn main() {
    // A missing path would rebuild every time; its parent changes when it is created.
    let dist = std::path::Path::new("web/dist");
    let watched = if dist.is_dir() { "web/dist" } else { "web" };
    println!("cargo::rerun-if-changed={watched}");
}
