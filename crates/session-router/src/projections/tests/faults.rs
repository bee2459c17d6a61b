//! A store that does not fit the log: whatever is wrong with it, the state is the one of the log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chat::id::ChannelId;

use super::*;

/// A log with closed and open sessions, and a place for projections.
struct Subject {
    shell: Shell,
    dir: tempfile::TempDir,
}

/// All rows but those of filters, which depend on when rows were taken.
type Dump = BTreeMap<Vec<u8>, Vec<u8>>;

impl Subject {
    fn new(chats: usize, people: &str) -> Self {
        let mut shell = Shell::new();
        let live_chat = shell.live_chat("Desk", &[]);
        let channel = shell.channel(&live_chat, "https://chat.example/hook");
        let dir = tempfile::tempdir().unwrap();
        let mut subject = Self { shell, dir };
        subject.write(channel, chats, people);
        subject
    }

    /// People write; every second session is closed.
    fn write(&mut self, channel: ChannelId, chats: usize, people: &str) {
        for n in 0..chats {
            let (chat, user) = (format!("chat-{n}"), format!("{people}-{n}"));
            let session = self.shell.writes(channel, &chat, &user, "hello").session_id;
            if n % 2 == 0 {
                let session = json!({ "session": session });
                self.shell.ok("root", "sessions.take", &session);
                self.shell.ok("root", "sessions.close", &session);
            }
        }
    }

    /// Opens the projections. Returns how, and all rows.
    fn open(&self) -> (Loaded, Dump) {
        let log = &self.shell.sealed_log;
        let index_key = log.keyring.master().index_key();
        let (workspace, store, loaded) = open(self.dir.path(), &log.reader, &index_key).unwrap();
        assert_eq!(workspace.position, self.shell.workspace().position);
        assert_eq!(store.checkpoint(), Some(log.reader.head()));
        let rows = store.snapshot().unwrap();
        let mut dump = Dump::new();
        let mut add = |name: &[u8], value: &[u8]| {
            if name[0] < 0x40 {
                let twice = dump.insert(name.to_vec(), value.to_vec());
                assert_eq!(twice, None, "{name:?} is in both parts");
            }
        };
        rows.residents(&mut add).unwrap();
        let all = |name: &[u8], value: &[u8]| {
            add(name, value);
            ControlFlow::Continue(())
        };
        rows.forward(&[0], &[0xff], all).unwrap();
        (loaded, dump)
    }

    /// The position of the last event.
    fn end(&self) -> u64 {
        self.shell.workspace().position
    }

    fn store(&self) -> Store {
        let dir = self.dir.path().join(format!("v{ROWS_VERSION}"));
        Store::open(&dir, Options::default()).unwrap().0
    }
}

#[test]
fn a_store_that_is_missing_or_behind_is_brought_up_to_the_log() {
    let mut subject = Subject::new(4, "user");
    let (first, rows) = subject.open();
    assert_eq!((first.from, first.replayed), (0, subject.end()));
    let at = subject.end();
    let channel = *subject.shell.workspace().channels.iter().next().unwrap().0;
    subject.write(channel, 7, "later");
    let (behind, rows_later) = subject.open();
    assert_eq!((behind.from, behind.replayed), (at, subject.end() - at));
    assert_ne!(rows, rows_later);
    fs::remove_dir_all(subject.dir.path()).unwrap();
    let (missing, rebuilt) = subject.open();
    assert_eq!(missing.from, 0);
    assert!(
        rebuilt == rows_later,
        "the store that was behind had other rows"
    );
    let (current, same) = subject.open();
    assert_eq!((current.from, current.replayed), (subject.end(), 0));
    assert!(same == rebuilt);
}

#[test]
fn a_store_that_is_ahead_or_of_another_log_is_replaced() {
    let subject = Subject::new(5, "user");
    let (_, expected) = subject.open();
    let (longer, as_long) = (Subject::new(9, "user"), Subject::new(5, "other"));
    for other in [&longer, &as_long] {
        let other_rows = other.open().1;
        assert!(other_rows != expected);
        fs::remove_dir_all(subject.dir.path()).unwrap();
        copy(other.dir.path(), subject.dir.path());
        let (loaded, rows) = subject.open();
        assert_eq!(loaded.from, 0, "the rows of another log were used");
        assert!(rows == expected);
    }
}

#[test]
fn a_store_that_its_owner_could_not_read_is_replaced() {
    let subject = Subject::new(3, "user");
    let (_, expected) = subject.open();
    subject.store().mark_damaged("a row does not decode");
    let (loaded, rows) = subject.open();
    assert_eq!(loaded.from, 0);
    assert!(rows == expected);
}

#[test]
fn a_rebuild_that_was_cut_off_starts_again() {
    let subject = Subject::new(3, "user");
    let (_, expected) = subject.open();
    let stray = vec![(vec![4, 1], Some(vec![1]))];
    let changes = Changes {
        cold: stray,
        ..Changes::default()
    };
    subject.store().write_unfinished(&changes).unwrap();
    let (loaded, rows) = subject.open();
    assert_eq!(loaded.from, 0);
    assert!(rows == expected);
}

#[test]
fn damage_of_any_file_changes_no_row() {
    let subject = Subject::new(3, "user");
    let (_, expected) = subject.open();
    let whole = tempfile::tempdir().unwrap();
    copy(subject.dir.path(), whole.path());
    let mut rebuilt = 0;
    for file in files(whole.path()) {
        let bytes = fs::read(&file).unwrap();
        let end = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        for at in [end / 3, end.saturating_sub(1)] {
            let mut damaged = bytes.clone();
            let Some(byte) = damaged.get_mut(at) else {
                continue;
            };
            *byte ^= 0x20;
            fs::remove_dir_all(subject.dir.path()).unwrap();
            copy(whole.path(), subject.dir.path());
            let name = file.strip_prefix(whole.path()).unwrap();
            fs::write(subject.dir.path().join(name), damaged).unwrap();
            // Damage that is found while rows are read stops the role; the next start rebuilds.
            let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| subject.open()));
            let (loaded, rows) = opened.unwrap_or_else(|_| subject.open());
            rebuilt += usize::from(loaded.from == 0);
            assert!(rows == expected, "{} at {at}", name.display());
        }
    }
    assert!(rebuilt > 3, "hardly any damage was noticed: {rebuilt}");
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}
