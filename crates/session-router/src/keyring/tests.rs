use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use event_log::Hash;

use super::format::HEADER_BYTES;
use super::*;

const FIRST: &str = "keys";
const COPY: &str = "keys.copy";

fn chance() -> Chance {
    Chance::from_seed([1; 32])
}

fn open_with(data: &Path, master: u8) -> Result<Keyring, KeyringError> {
    let master = Arc::new(SealKey::from_bytes([master; 32]));
    Unchecked::read(data, master, 1, &mut chance())?.open(true)
}

fn open(data: &Path) -> Result<Keyring, KeyringError> {
    open_with(data, 7)
}

/// A data directory with free keys, and its first three. The files are made once: sealing thousands of keys
/// takes seconds in a debug build.
fn data() -> (tempfile::TempDir, [Option<SealKey>; 3]) {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let master = Arc::new(SealKey::from_bytes([7; 32]));
        let keyring = Unchecked::read(dir.path(), master, 0, &mut chance())
            .unwrap()
            .open(true)
            .unwrap();
        keyring.provide(0, &mut chance()).unwrap();
        fs::read(dir.path().join(FIRST)).unwrap()
    });
    let dir = tempfile::tempdir().unwrap();
    for name in [FIRST, COPY] {
        fs::write(dir.path().join(name), &*FILE).unwrap();
    }
    let keys = numbers(&open(dir.path()).unwrap());
    assert!(keys.iter().all(Option::is_some));
    (dir, keys)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn numbers(keyring: &Keyring) -> [Option<SealKey>; 3] {
    [0, 1, 2].map(|number| keyring.get(number))
}

#[test]
fn keys_survive_a_restart_unless_they_are_destroyed() {
    let (dir, [_, one, two]) = data();
    open(dir.path()).unwrap().destroy(&[0]).unwrap();
    let again = open(dir.path()).unwrap();
    assert_eq!(numbers(&again), [None, one, two]);
    assert_eq!(again.get(8_192), None);
    again.provide(5_000, &mut chance()).unwrap();
    assert!(again.get(13_191).is_some());
    again.provide_now(13_190, &mut chance()).unwrap();
    assert_eq!(again.get(13_192), None);
    again.provide_now(13_191, &mut chance()).unwrap();
    assert!(again.get(13_192).is_some());
    assert_eq!(
        fs::read(dir.path().join(FIRST)).unwrap(),
        fs::read(dir.path().join(COPY)).unwrap()
    );
}

#[test]
fn a_key_that_was_read_before_it_was_destroyed_is_not_kept() {
    let (dir, _) = data();
    let keyring = open(dir.path()).unwrap();
    let changes = keyring.read().changes;
    let key = keyring.open(0).unwrap();
    keyring.destroy(&[0]).unwrap();
    assert!(!keyring.keep((0, &key), changes));
    assert_eq!(keyring.get(0), None);
    let key = keyring.open(1).unwrap();
    assert!(keyring.keep((1, &key), changes + 1));
    assert_eq!(keyring.get(1), Some(key));
}

#[test]
fn a_key_that_is_damaged_in_one_file_while_it_is_open_is_read_from_the_other() {
    type Change = fn(&mut Vec<u8>);
    let changes: [Change; 2] = [
        |bytes| bytes[HEADER_BYTES + SLOT_BYTES + 20] ^= 4,
        |bytes| bytes.truncate(HEADER_BYTES + SLOT_BYTES + 20),
    ];
    for damage in changes {
        for name in [FIRST, COPY] {
            let (dir, keys) = data();
            let keyring = open(dir.path()).unwrap();
            change(&dir.path().join(name), damage);
            assert_eq!(numbers(&keyring)[1], keys[1], "{name}");
        }
    }
}

#[test]
fn damage_of_one_file_is_repaired_from_the_other() {
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 8] = [
        ("a flipped bit in a key", |bytes| {
            bytes[HEADER_BYTES + SLOT_BYTES + 20] ^= 4;
        }),
        ("a flipped bit in a state", |bytes| bytes[HEADER_BYTES] ^= 3),
        ("a flipped bit in a checksum", |bytes| {
            bytes[HEADER_BYTES + SLOT_BYTES - 1] ^= 1;
        }),
        ("a flipped bit in the header", |bytes| bytes[20] ^= 1),
        ("zeros", |bytes| bytes.fill(0)),
        ("ones", |bytes| bytes.fill(0xff)),
        ("truncation in a slot", |bytes| {
            bytes.truncate(HEADER_BYTES + SLOT_BYTES * 2 + 5);
        }),
        ("truncation to nothing", Vec::clear),
    ];
    for (what, damage) in changes {
        for name in [FIRST, COPY] {
            let (dir, keys) = data();
            let whole = fs::read(dir.path().join(name)).unwrap();
            change(&dir.path().join(name), damage);
            let keyring = open(dir.path()).unwrap();
            assert_eq!(numbers(&keyring), keys, "{what} in {name}");
            assert_eq!(
                fs::read(dir.path().join(name)).unwrap(),
                whole,
                "{what} in {name}"
            );
        }
    }
    for name in [FIRST, COPY] {
        let (dir, keys) = data();
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(
            numbers(&open(dir.path()).unwrap()),
            keys,
            "{name} is missing"
        );
        assert!(dir.path().join(name).exists());
    }
}

#[test]
fn each_file_repairs_what_the_other_lost() {
    let (dir, keys) = data();
    change(&dir.path().join(FIRST), |bytes| {
        bytes[0] ^= 1;
        bytes[HEADER_BYTES + SLOT_BYTES + 9] ^= 1;
    });
    change(&dir.path().join(COPY), |bytes| bytes[HEADER_BYTES + 9] ^= 1);
    assert_eq!(numbers(&open(dir.path()).unwrap()), keys);
}

#[test]
fn a_key_destroyed_in_one_file_is_destroyed_in_both() {
    let (dir, [_, one, two]) = data();
    let before = fs::read(dir.path().join(COPY)).unwrap();
    open(dir.path()).unwrap().destroy(&[0]).unwrap();
    fs::write(dir.path().join(COPY), before).unwrap();
    assert_eq!(numbers(&open(dir.path()).unwrap()), [None, one, two]);
}

/// Checks the files like a start, and opens them.
fn check(
    data: &Path,
    in_use: &[u32],
    forgotten: &[u32],
    next: u32,
) -> Result<Keyring, KeyringError> {
    let master = Arc::new(SealKey::from_bytes([7; 32]));
    let mut keys = Unchecked::read(data, master, 1, &mut chance())?;
    let mut uses = Uses::default();
    let of = |keys: &[u32], is: Use| keys.iter().map(|key| (*key, is)).collect::<Vec<_>>();
    for (key, use_) in [of(in_use, Use::Contact), of(forgotten, Use::Forgotten)].concat() {
        uses.set(key, use_);
    }
    keys.check(&uses, next, &mut chance())?;
    keys.open(true)
}

fn damage_key_1(data: &Path) {
    for name in [FIRST, COPY] {
        change(&data.join(name), |bytes| {
            bytes[HEADER_BYTES + SLOT_BYTES + 9] ^= 1;
        });
    }
}

#[test]
fn a_key_in_use_that_is_lost_in_both_files_is_an_error_and_nothing_is_written() {
    let (dir, _) = data();
    damage_key_1(dir.path());
    let before = fs::read(dir.path().join(FIRST)).unwrap();
    let error = check(dir.path(), &[0, 1, 2], &[], 3).err().unwrap();
    let is_lacking = matches!(
        error,
        KeyringError::Lacking {
            count: 1,
            first: 1,
            ..
        }
    );
    assert!(is_lacking, "{error}");
    assert_eq!(fs::read(dir.path().join(FIRST)).unwrap(), before);
    // A key that nothing uses is no loss, and one that no contact ever had is replaced.
    assert_eq!(check(dir.path(), &[0, 2], &[], 3).unwrap().get(1), None);
    let (dir, _) = data();
    damage_key_1(dir.path());
    assert!(check(dir.path(), &[0], &[], 1).unwrap().get(1).is_some());
}

#[test]
fn an_accepted_loss_is_remembered_and_covers_no_later_one() {
    let (dir, _) = data();
    damage_key_1(dir.path());
    let master = Arc::new(SealKey::from_bytes([7; 32]));
    let mut keys = Unchecked::read(dir.path(), master, 1, &mut chance()).unwrap();
    keys.accept_loss(Head {
        position: 0,
        hash: Hash([0; 32]),
    });
    keys.open(true).unwrap();
    for _ in 0..2 {
        let keyring = check(dir.path(), &[0, 1, 2], &[], 3).unwrap();
        assert!(keyring.is_lost(1) && keyring.get(1).is_none());
    }
    for name in [FIRST, COPY] {
        change(&dir.path().join(name), |bytes| bytes[HEADER_BYTES + 9] ^= 1);
    }
    let error = check(dir.path(), &[0, 1, 2], &[], 3).err().unwrap();
    let is_lacking = matches!(
        error,
        KeyringError::Lacking {
            count: 1,
            first: 0,
            ..
        }
    );
    assert!(is_lacking, "{error}");
}

#[test]
fn keys_of_forgotten_contacts_are_destroyed_again() {
    let (dir, [_, one, _]) = data();
    let keyring = check(dir.path(), &[1], &[0], 2).unwrap();
    assert_eq!((keyring.get(0), keyring.get(1)), (None, one));
}

#[test]
fn files_of_different_histories_are_an_error_and_nothing_is_written() {
    let (dir, _) = data();
    let other = tempfile::tempdir().unwrap();
    let master = Arc::new(SealKey::from_bytes([7; 32]));
    let keys = Unchecked::read(other.path(), master, 0, &mut chance()).unwrap();
    let mut others = Chance::from_seed([2; 32]);
    keys.open(true).unwrap().provide(0, &mut others).unwrap();
    fs::copy(other.path().join(FIRST), dir.path().join(FIRST)).unwrap();
    let files = || [FIRST, COPY].map(|name| fs::read(dir.path().join(name)).unwrap());
    let before = files();
    let error = open(dir.path()).err().unwrap();
    assert!(
        matches!(error, KeyringError::Conflict { number: 0, .. }),
        "{error}"
    );
    assert_eq!(files(), before);
}

#[test]
fn damaged_headers_are_written_again_if_the_keys_are_intact() {
    let (dir, keys) = data();
    for name in [FIRST, COPY] {
        change(&dir.path().join(name), |bytes| {
            bytes[..HEADER_BYTES].fill(0);
        });
    }
    assert_eq!(numbers(&open(dir.path()).unwrap()), keys);
}

#[test]
fn another_master_key_is_an_error_and_changes_nothing() {
    let (dir, _) = data();
    let whole = fs::read(dir.path().join(FIRST)).unwrap();
    fs::remove_file(dir.path().join(COPY)).unwrap();
    let error = open_with(dir.path(), 8).err().unwrap();
    assert!(matches!(error, KeyringError::WrongMaster { .. }), "{error}");
    assert_eq!(fs::read(dir.path().join(FIRST)).unwrap(), whole);
    assert!(!dir.path().join(COPY).exists());
}

#[test]
fn files_that_are_both_gone_are_an_error_once_the_log_has_events() {
    let (dir, _) = data();
    for name in [FIRST, COPY] {
        change(&dir.path().join(name), |bytes| bytes.fill(0));
    }
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, KeyringError::Damaged { .. }), "{error}");
    for name in [FIRST, COPY] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let error = open(dir.path()).err().unwrap();
    assert!(
        matches!(error, KeyringError::Missing { events: 1, .. }),
        "{error}"
    );
    assert!(!dir.path().join(FIRST).exists());
}

#[test]
fn a_file_of_version_1_is_converted_even_if_a_copy_of_version_2_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let (master, mut chance) = (SealKey::from_bytes([7; 32]), chance());
    let mut file = vec![0; 72];
    let key: [u8; 32] = chance.bytes();
    file.extend(master.seal(&key, &1_u32.to_be_bytes(), &mut chance));
    fs::write(dir.path().join(FIRST), &file).unwrap();
    let error = open_with(dir.path(), 8).err().unwrap();
    assert!(matches!(error, KeyringError::WrongMaster { .. }), "{error}");
    assert_eq!(fs::read(dir.path().join(FIRST)).unwrap(), file);
    let keys = [None, Some(SealKey::from_bytes(key)), None];
    for _ in 0..2 {
        assert_eq!(numbers(&open(dir.path()).unwrap()), keys);
    }
    fs::write(dir.path().join(FIRST), &file).unwrap();
    change(&dir.path().join(COPY), |bytes| {
        bytes[HEADER_BYTES..].fill(0xff);
    });
    assert_eq!(numbers(&open(dir.path()).unwrap()), keys);
}

#[test]
fn the_recorded_end_of_the_log_is_kept() {
    let (dir, _) = data();
    let log = Head {
        position: 5,
        hash: Hash([9; 32]),
    };
    open(dir.path()).unwrap().record_log_end(log);
    let master = Arc::new(SealKey::from_bytes([7; 32]));
    let found = copies::read(dir.path(), &master, &mut chance()).unwrap();
    assert_eq!(found.header().unwrap().log, log);
    let mut chance = chance();
    let error =
        check_log_exists(dir.path(), &SealKey::from_bytes([7; 32]), &mut chance).unwrap_err();
    assert!(
        error.to_string().contains("it once reached position 5"),
        "{error}"
    );
}
