use std::path::Path;

use crate::Error;

/// Share of free space, in percent, below which a file system is nearly full.
pub const FREE_PERCENT_MIN: u64 = 5;

/// Free bytes below which a file system is nearly full, whatever its size: 1 GiB, enough to rebuild
/// sled for a log of a few million events.
pub const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;

/// Space on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes available to an unprivileged user.
    pub free_bytes: u64,
    /// Size of the file system in bytes.
    pub total_bytes: u64,
}

impl Space {
    /// Whether to reject new data: free space is below [`FREE_PERCENT_MIN`] or [`FREE_BYTES_MIN`].
    pub fn nearly_full(self) -> bool {
        self.free_bytes < FREE_BYTES_MIN
            || self.free_bytes < self.total_bytes / 100 * FREE_PERCENT_MIN
    }
}

/// Returns the space on the file system that contains `dir`. Makes one system call.
pub fn free_space(dir: &Path) -> Result<Space, Error> {
    let found = rustix::fs::statvfs(dir)
        .map_err(std::io::Error::from)
        .map_err(Error::io("get the free space of", dir))?;
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
    fn free_space_is_that_of_the_directorys_file_system() {
        let dir = tempfile::tempdir().unwrap();
        let space = free_space(dir.path()).unwrap();
        assert!(space.total_bytes >= space.free_bytes && space.total_bytes > 0);
        assert!(free_space(&dir.path().join("missing")).is_err());
    }
}
