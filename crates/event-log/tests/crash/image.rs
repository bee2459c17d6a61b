//! A power cut of a file system: ext4 in a file, mounted by loop. The writer is stopped, the file
//! is copied, and the copy is mounted, as after a power cut: what was not synced is not in the
//! file. Needs root, `mkfs.ext4` and loop devices.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::Outcome;
use crate::check::check;
use crate::random::Random;
use crate::writer::Writer;

/// Room for some hundred thousand events and a rebuilt sled beside a torn one.
const IMAGE_BYTES: u64 = 1024 * 1024 * 1024;

/// A disk that fills up, and what is kept back on it.
const SMALL_BYTES: u64 = 96 * 1024 * 1024;
const BALLAST_BYTES: usize = 32 * 1024 * 1024;

pub(crate) fn rounds(rounds: u64, sync: bool, random: &mut Random) -> Vec<Outcome> {
    (0..rounds).map(|_| round(sync, random)).collect()
}

/// The disk fills up under the writer, which stops. Once there is space again, what it had
/// acknowledged is there.
pub(crate) fn full_rounds(rounds: u64) -> Vec<Outcome> {
    (0..rounds).map(|_| full_round()).collect()
}

fn full_round() -> Outcome {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let image = dir.path().join("image");
    File::create(&image).unwrap().set_len(SMALL_BYTES).unwrap();
    command("mkfs.ext4", &["-q", "-F"], &[&image]);
    let disk = Mount::new(&image, dir.path().join("disk"));
    let ballast = disk.place.join("ballast");
    fs::write(&ballast, vec![1; BALLAST_BYTES]).unwrap();
    let mut writer = Writer::start(&disk.place.join("log"), true);
    writer.wait_for_exit();
    fs::remove_file(ballast).unwrap();
    check(&disk.place.join("log"), writer.acknowledged.as_ref())
}

fn round(sync: bool, random: &mut Random) -> Outcome {
    // On a disk: the image must not be in memory twice.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (image, cut) = (dir.path().join("image"), dir.path().join("cut"));
    File::create(&image).unwrap().set_len(IMAGE_BYTES).unwrap();
    command("mkfs.ext4", &["-q", "-F"], &[&image]);
    let live = Mount::new(&image, dir.path().join("live"));
    let mut writer = Writer::start(&live.place.join("log"), sync);
    writer.wait_for(1 + random.below(1_500));
    writer.stop();
    let acknowledged = writer.acknowledged.clone();
    command("cp", &["--sparse=always"], &[&image, &cut]);
    writer.kill();
    drop(writer);
    drop(live);

    let after = Mount::new(&cut, dir.path().join("after"));
    check(&after.place.join("log"), acknowledged.as_ref())
}

/// A mounted image, unmounted when dropped, also by a panic.
struct Mount {
    place: PathBuf,
}

impl Mount {
    fn new(image: &Path, place: PathBuf) -> Self {
        fs::create_dir(&place).unwrap();
        command("mount", &["-o", "loop"], &[image, &place]);
        Self { place }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let status = Command::new("umount").arg(&self.place).status();
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
