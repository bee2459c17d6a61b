//! Lists that fit into one answer.

use std::thread;

use serde_json::Value;

/// The most bytes of a list. NATS carries 1 MiB, and the envelope and related objects need some of it.
pub(super) const BYTES_MAX: usize = 768 * 1024;

/// The most bytes of related objects, which fit with a full list.
const RELATED_BYTES_MAX: usize = 192 * 1024;

/// The most threads that read the log for one list: a page of a history is spread over the whole log.
const READERS_MAX: usize = 4;
/// The fewest objects for which another thread is worthwhile.
const OBJECTS_MIN: usize = 8;

/// A list with a limit in bytes.
#[derive(Debug, Default)]
pub(super) struct List {
    values: Vec<Value>,
    bytes: usize,
}

impl List {
    /// Appends a value. Returns `false` if it does not fit; the first value always fits.
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

/// The length of a value as JSON, with a comma.
fn size(value: &Value) -> usize {
    /// Counts bytes.
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

/// Renders objects, several at a time, as each reads the log.
pub(super) fn objects<T: Sync>(
    things: &[T],
    object: impl Fn(&T) -> Value + Sync,
) -> impl Iterator<Item = Value> {
    let each = things.len().div_ceil(READERS_MAX).max(OBJECTS_MIN);
    let all = |part: &[T]| part.iter().map(&object).collect::<Vec<_>>();
    let (first, rest) = things.split_at(things.len().min(each));
    let parts: Vec<Vec<Value>> = thread::scope(|scope| {
        let parts: Vec<_> = rest
            .chunks(each)
            .map(|part| scope.spawn(move || all(part)))
            .collect();
        let others = parts.into_iter().map(|part| match part.join() {
            Ok(values) => values,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(all(first)).chain(others).collect()
    });
    parts.into_iter().flatten()
}

/// Takes the related objects that fit.
pub(super) fn related(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut left = RELATED_BYTES_MAX;
    let fits = |value: &Value| {
        let rest = left.checked_sub(size(value));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    values.take_while(fits).collect()
}

/// Builds a page of the keyed `things` that fit, and the key of the last one if there are more. `things`
/// has one more than `limit` if there are more.
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
    fn objects_keep_their_order_however_many_there_are() {
        for count in [0, 1, 7, 8, 9, 50, 1_001] {
            let numbers: Vec<usize> = (0..count).collect();
            let found: Vec<Value> = objects(&numbers, |n| Value::from(*n)).collect();
            assert_eq!(found, numbers);
        }
    }

    #[test]
    fn related_objects_are_limited_in_bytes() {
        let name = Value::from("я".repeat(255));
        let shown = related(std::iter::repeat_n(name.clone(), 1_000));
        let bytes: usize = shown.iter().map(size).sum();
        assert!(bytes <= RELATED_BYTES_MAX && bytes + size(&name) > RELATED_BYTES_MAX);
        assert_eq!(related(std::iter::once(name.clone())), [name]);
    }
}
