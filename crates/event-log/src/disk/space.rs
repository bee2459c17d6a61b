use std::path::Path;

use crate::Error;

/// Below this share of the file system the disk counts as nearly full, in percent.
pub const FREE_PERCENT_MIN: u64 = 5;

/// Below this many free bytes the disk counts as nearly full, whatever its size: 1 GiB, room for
/// sled to be rebuilt beside a log of some million events.
pub const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;

/// Room on the file system that holds a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that an ordinary user may still write.
    pub free_bytes: u64,
    /// Bytes of the whole file system.
    pub total_bytes: u64,
}

impl Space {
    /// Whether new work should be refused: under [`FREE_PERCENT_MIN`] or under [`FREE_BYTES_MIN`].
    pub fn nearly_full(self) -> bool {
        self.free_bytes < FREE_BYTES_MIN
            || self.free_bytes < self.total_bytes / 100 * FREE_PERCENT_MIN
    }
}

/// Asks the operating system how much room is left where `dir` is. One system call.
pub fn free_space(dir: &Path) -> Result<Space, Error> {
    let found = rustix::fs::statvfs(dir)
        .map_err(std::io::Error::from)
        .map_err(Error::io("ask for the free space of", dir))?;
    Ok(Space {
        free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::{FREE_BYTES_MIN, Space, free_space};

    #[test]
    fn either_limit_makes_a_disk_nearly_full() {
        let gib = FREE_BYTES_MIN;
        let check = |free, total| {
            Space {
                free_bytes: free,
                total_bytes: total,
            }
            .nearly_full()
        };
        assert!(check(gib - 1, 2 * gib), "under 1 GiB");
        assert!(!check(gib, 2 * gib), "1 GiB of 2");
        assert!(check(49 * gib, 1000 * gib), "4.9 percent");
        assert!(!check(51 * gib, 1000 * gib), "5.1 percent");
    }

    #[test]
    fn the_disk_of_a_directory_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let space = free_space(dir.path()).unwrap();
        assert!(space.total_bytes >= space.free_bytes && space.total_bytes > 0);
        assert!(free_space(&dir.path().join("missing")).is_err());
    }
}
