//! The set of merged files, and reads from them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::Error;
use crate::copy::merged::file::{self, FileWriter, MergedFile};
use crate::copy::merged::group::Group;
use crate::disk::durable;

/// The directory of the merged files in that of sled, so that both are moved and replaced together.
pub(crate) const MERGED: &str = "merged";

/// Maximum number of decompressed groups in a cache, 1 MiB. A page of history and its back-links
/// are in a few.
const CACHED_GROUPS_MAX: usize = 32;

/// The files, in order. Their ranges do not overlap.
pub(crate) struct MergedFiles {
    pub(crate) dir: PathBuf,
    /// By first position.
    files: RwLock<BTreeMap<u64, Arc<MergedFile>>>,
}

impl MergedFiles {
    /// Opens or creates the directory. Deletes unfinished files.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, Error> {
        durable::create_dir(&dir)?;
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&dir).map_err(Error::io("list", &dir))? {
            let path = entry.map_err(Error::io("list", &dir))?.path();
            if file::is_temporary(&path) {
                durable::remove_file(&path)?;
            } else if let Some(file) = MergedFile::open(path)? {
                files.insert(file.range.first, Arc::new(file));
            }
        }
        Ok(Self {
            dir,
            files: RwLock::new(files),
        })
    }

    /// Returns the file that contains `position`.
    pub(crate) fn containing(&self, position: u64) -> Option<Arc<MergedFile>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let (_, file) = files.range(..=position).next_back()?;
        (position <= file.range.last).then(|| Arc::clone(file))
    }

    /// Returns the file that contains `position`, or the next one.
    pub(crate) fn containing_or_after(&self, position: u64) -> Option<Arc<MergedFile>> {
        self.containing(position).or_else(|| {
            let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
            files
                .range(position..)
                .next()
                .map(|(_, file)| Arc::clone(file))
        })
    }

    /// Returns the last file that starts at or before `position`.
    fn starting_by(&self, position: u64) -> Option<Arc<MergedFile>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let found = files.range(..=position).next_back();
        found.map(|(_, file)| Arc::clone(file))
    }

    /// The last position of the last file; 0 without one.
    pub(crate) fn last(&self) -> u64 {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files
            .last_key_value()
            .map_or(0, |(_, file)| file.range.last)
    }

    /// The number of rows in all files.
    pub(crate) fn rows(&self) -> u64 {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.values().map(|file| file.rows()).sum()
    }

    /// Starts a file whose first page starts at `first`.
    pub(crate) fn create(&self, first: u64) -> Result<FileWriter, Error> {
        FileWriter::create(&self.dir, first)
    }

    /// Completes a file that ends at position `last`. It is durable afterwards, and replaces one
    /// with the same range.
    pub(crate) fn install(&self, writer: FileWriter, last: u64) -> Result<(), Error> {
        let finished = writer.finish(last)?;
        let lock = || self.files.write().unwrap_or_else(PoisonError::into_inner);
        // A reader that finds a new file with the old index waits here and tries again.
        let replaces = self.containing(finished.range.first).is_some();
        let locked = replaces.then(lock);
        let file = finished.install(&self.dir)?;
        let mut files = locked.unwrap_or_else(lock);
        files.insert(file.range.first, Arc::new(file));
        Ok(())
    }
}

/// Reads the merged files. Clones share a cache.
#[derive(Clone)]
pub(crate) struct MergedReader {
    pub(crate) files: Arc<MergedFiles>,
    /// The least recently used group first.
    cache: Arc<Mutex<Vec<Cached>>>,
}

struct Cached {
    file: Arc<MergedFile>,
    number: usize,
    group: Arc<Group>,
}

impl MergedReader {
    pub(crate) fn new(files: Arc<MergedFiles>) -> Self {
        Self {
            files,
            cache: Arc::default(),
        }
    }

    /// The directory of the sled database, for errors.
    pub(crate) fn path(&self) -> &Path {
        self.files.dir.parent().unwrap_or(&self.files.dir)
    }

    /// Returns the group that should contain `position`, or `None` if no file does. Fails if it is
    /// damaged.
    pub(crate) fn group_at(&self, position: u64) -> Result<Option<Arc<Group>>, Error> {
        let Some(mut file) = self.files.containing(position) else {
            return Ok(None);
        };
        loop {
            let found = self.group(&file, file.group_of(position));
            let current = self.files.containing(position);
            match current.filter(|current| found.is_err() && !Arc::ptr_eq(current, &file)) {
                // The file was replaced in the meantime.
                Some(current) => file = current,
                None => return found.map(Some),
            }
        }
    }

    /// Returns the last page that starts at or before `position`, if a file contains this position.
    pub(crate) fn page_start(&self, position: u64) -> Result<Option<u64>, Error> {
        let group = self.group_at(position)?;
        Ok(group.and_then(|group| group.page_start(position)))
    }

    /// Returns the last page that starts before `before`.
    pub(crate) fn last_page(&self, before: u64) -> Result<Option<u64>, Error> {
        let Some(last) = before.checked_sub(1) else {
            return Ok(None);
        };
        match self.files.starting_by(last) {
            Some(file) => self.page_start(file.range.last.min(last)),
            None => Ok(None),
        }
    }

    /// Returns the first page that starts at or after `from`. Ignores damaged groups.
    pub(crate) fn next_page(&self, from: u64) -> Option<u64> {
        let mut from = from;
        while let Some(file) = self.files.containing_or_after(from) {
            let groups = file.group_of(from)..file.groups();
            let mut pages = groups.filter_map(|number| self.group(&file, number).ok());
            if let Some(page) = pages.find_map(|group| group.next_page(from)) {
                return Some(page);
            }
            from = file.range.last + 1;
        }
        None
    }

    fn group(&self, file: &Arc<MergedFile>, number: usize) -> Result<Arc<Group>, Error> {
        if let Some(group) = self.cached(file, number) {
            return Ok(group);
        }
        let read = file
            .read(number)
            .map_err(Error::io("read", &self.files.dir))?;
        let group = Arc::new(read.ok_or_else(|| Error::CopyDamaged {
            path: self.path().to_path_buf(),
            position: file.range.first,
        })?);
        let mut cache = self.lock();
        if cache.len() >= CACHED_GROUPS_MAX {
            cache.remove(0);
        }
        cache.push(Cached {
            file: Arc::clone(file),
            number,
            group: Arc::clone(&group),
        });
        Ok(group)
    }

    fn cached(&self, file: &Arc<MergedFile>, number: usize) -> Option<Arc<Group>> {
        let mut cache = self.lock();
        let wanted = |cached: &Cached| cached.number == number && Arc::ptr_eq(&cached.file, file);
        let at = cache.iter().rposition(wanted)?;
        let cached = cache.remove(at);
        let group = Arc::clone(&cached.group);
        cache.push(cached);
        Some(group)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
