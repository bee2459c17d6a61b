//! A power cut simulated with an ext4 image on a loop device. The writer is suspended, and the
//! image is copied and mounted. Data that was not synced is not in the image, as after a power cut.
//! Needs root, `mkfs.ext4` and loop devices.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::Outcome;
use crate::check::check;
use crate::random::Random;
use crate::writer::Writer;

/// Size of the image: enough for some hundred thousand events, and for a damaged sled copy next to
/// its replacement.
const IMAGE_BYTES: u64 = 1024 * 1024 * 1024;

/// Size of the image that fills up.
const SMALL_BYTES: u64 = 96 * 1024 * 1024;

/// Size of a file that is deleted after the disk is full, so that the log can be opened again.
const BALLAST_BYTES: usize = 32 * 1024 * 1024;

pub(crate) fn rounds(rounds: u64, sync: bool, random: &mut Random) -> Vec<Outcome> {
    (0..rounds).map(|_| round(sync, random)).collect()
}

/// Lets the writer fill the disk and exit. Once there is space again, the log must contain every
/// acknowledged event.
pub(crate) fn full_rounds(rounds: u64) -> Vec<Outcome> {
    (0..rounds).map(|_| full_round()).collect()
}

fn full_round() -> Outcome {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let image = dir.path().join("image");
    File::create(&image).unwrap().set_len(SMALL_BYTES).unwrap();
    command("mkfs.ext4", &["-q", "-F"], &[&image]);
    let disk = Mount::new(&image, dir.path().join("disk"));
    let ballast = disk.path.join("ballast");
    fs::write(&ballast, vec![1; BALLAST_BYTES]).unwrap();
    let mut writer = Writer::start(&disk.path.join("log"), true);
    writer.wait_for_exit();
    fs::remove_file(ballast).unwrap();
    check(&disk.path.join("log"), writer.acknowledged.as_ref())
}

fn round(sync: bool, random: &mut Random) -> Outcome {
    // Not in `/tmp`, which may be a `tmpfs`: two images would use too much memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (image, cut) = (dir.path().join("image"), dir.path().join("cut"));
    File::create(&image).unwrap().set_len(IMAGE_BYTES).unwrap();
    command("mkfs.ext4", &["-q", "-F"], &[&image]);
    let live = Mount::new(&image, dir.path().join("live"));
    let mut writer = Writer::start(&live.path.join("log"), sync);
    writer.wait_for(1 + random.below(1_500));
    writer.stop();
    let acknowledged = writer.acknowledged.clone();
    command("cp", &["--sparse=always"], &[&image, &cut]);
    writer.kill();
    drop(writer);
    drop(live);

    let after = Mount::new(&cut, dir.path().join("after"));
    check(&after.path.join("log"), acknowledged.as_ref())
}

/// A mounted image. Dropping it unmounts it, also in a panic.
struct Mount {
    path: PathBuf,
}

impl Mount {
    fn new(image: &Path, path: PathBuf) -> Self {
        fs::create_dir(&path).unwrap();
        command("mount", &["-o", "loop"], &[image, &path]);
        Self { path }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let status = Command::new("umount").arg(&self.path).status();
        assert!(status.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

fn command(program: &str, options: &[&str], paths: &[&Path]) {
    let status = Command::new(program).args(options).args(paths).status();
    assert!(
        status.as_ref().is_ok_and(ExitStatus::success),
        "{program} failed ({status:?}): this mode needs root, mkfs.ext4 and loop devices"
    );
}
