//! Lists that stay within one answer.

use serde_json::Value;

/// What a list may hold, in bytes: NATS carries 1 MiB, and the envelope and what is beside the list
/// need some of it.
pub(super) const BYTES_MAX: usize = 768 * 1024;

/// What stands beside a list may hold, in bytes: with a full list it still fits.
const BESIDE_BYTES_MAX: usize = 192 * 1024;

/// A list that takes values as long as there is room.
#[derive(Debug, Default)]
pub(super) struct List {
    values: Vec<Value>,
    bytes: usize,
}

impl List {
    /// Takes a value, or says that there is no room; the first has always room.
    pub(super) fn push(&mut self, value: Value) -> bool {
        let bytes = size(&value);
        if !self.values.is_empty() && self.bytes + bytes > BYTES_MAX {
            return false;
        }
        self.bytes += bytes;
        self.values.push(value);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn values(self) -> Vec<Value> {
        self.values
    }
}

/// How long a value is when it is written, and the comma behind it.
fn size(value: &Value) -> usize {
    /// Counts instead of writing.
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(1);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// As many of what is shown beside a list as there is room for.
pub(super) fn beside(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut left = BESIDE_BYTES_MAX;
    let fits = |value: &Value| {
        let rest = left.checked_sub(size(value));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    values.take_while(fits).collect()
}

/// A page of things with a key: as many as there is room for, and the key of the last one when there
/// are more. `things` are one more than the page, if there are more.
pub(super) fn page<T, K>(
    things: Vec<(K, T)>,
    limit: usize,
    object: impl Fn(T) -> Value,
) -> (Vec<Value>, Option<K>) {
    let (mut list, mut last) = (List::default(), None);
    for (key, thing) in things {
        if list.len() == limit || !list.push(object(thing)) {
            return (list.values(), last);
        }
        last = Some(key);
    }
    (list.values(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_full_list_leaves_room_for_the_rest_of_the_answer() {
        let name = Value::from("я".repeat(255));
        let shown = beside(std::iter::repeat_n(name.clone(), 1_000));
        let bytes: usize = shown.iter().map(size).sum();
        assert!(bytes <= BESIDE_BYTES_MAX && bytes + size(&name) > BESIDE_BYTES_MAX);
        assert_eq!(beside(std::iter::once(name.clone())), [name]);
    }
}
