//! All messages in the order of the log, with indexes by id and by session.
//!
//! Messages are numbered from 1 and stored in an array. Each links to the previous message of its
//! session and to one further back (a skip link), so that a session stores only its newest message:
//! any earlier one is found in O(log n) steps (E. W. Myers, "An applicative random-access stack",
//! 1983). The array is stored in pages, one row each; new messages go to the last page.

mod pack;
#[cfg(test)]
mod tests;

use hashbrown::HashTable;

use crate::codec;
use crate::digest::{self, Digest};
use crate::id::MessageId;
use crate::state::Message;
use crate::table::Row;

/// Messages in one stored row, which then has about 6 KB.
const PAGE: usize = 64;

/// All messages; see the module documentation.
#[derive(Clone, Debug, Default)]
pub struct MessageTable {
    pages: Pages,
    /// The pages changed since the last [`take_changed`](Self::take_changed), each once.
    changed: Vec<u32>,
    /// Numbers by message id and by [`Message::external`].
    by_id: HashTable<u32>,
    by_external: HashTable<u32>,
}

#[derive(Clone, Debug, Default)]
struct Pages(Vec<Page>);

#[derive(Clone, Debug, Default)]
struct Page {
    messages: Vec<Message>,
    changed: bool,
}

/// Compares the messages; the indexes follow from them.
impl PartialEq for MessageTable {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
            && self.by_id.len() == other.by_id.len()
            && self.by_external.len() == other.by_external.len()
    }
}

impl Pages {
    fn get(&self, number: u32) -> Option<&Message> {
        let (page, at) = place(number)?;
        self.0.get(page)?.messages.get(at)
    }

    /// The hash of a message's id; 0 for a number without a message.
    fn hash(&self, number: u32) -> u64 {
        self.get(number).map_or(0, |message| hash(message.id))
    }

    fn external(&self, number: u32) -> Option<&Digest> {
        self.get(number)?.external.as_ref()
    }

    /// The hash of a message's external id; 0 for one without.
    fn external_hash(&self, number: u32) -> u64 {
        self.external(number).map_or(0, digest::short)
    }
}

impl MessageTable {
    /// The message with a number.
    pub fn get(&self, number: u32) -> Option<&Message> {
        self.pages.get(number)
    }

    /// The number of the message with an id.
    pub fn find(&self, id: MessageId) -> Option<u32> {
        let is = |number: &u32| self.get(*number).is_some_and(|m| m.id == id);
        self.by_id.find(hash(id), is).copied()
    }

    /// The message with this [`Message::external`].
    pub fn find_external(&self, external: &Digest) -> Option<&Message> {
        let is = |number: &u32| self.pages.external(*number) == Some(external);
        let number = self.by_external.find(digest::short(external), is)?;
        self.get(*number)
    }

    /// A message and the earlier ones of its session, newest first.
    pub fn back(&self, from: u32) -> impl Iterator<Item = &Message> {
        std::iter::successors(self.get(from), |message| self.get(message.previous))
    }

    /// The number of the last message before a position, among `from` and the earlier messages of
    /// its session.
    pub fn before(&self, from: u32, position: u64) -> Option<u32> {
        let (before, _) = self.sides(from, position);
        (before > 0).then_some(before)
    }

    /// The first message at or after a position, among the same messages.
    pub fn since(&self, from: u32, position: u64) -> Option<&Message> {
        self.sides(from, position).1
    }

    /// The number of the last message before a position, or 0, and the first message at or after it.
    fn sides(&self, from: u32, position: u64) -> (u32, Option<&Message>) {
        let (mut before, mut since) = (from, None);
        while let Some(message) = self.get(before).filter(|m| m.position >= position) {
            let is_too_far = self.get(message.far).is_none_or(|m| m.position < position);
            before = if is_too_far {
                message.previous
            } else {
                message.far
            };
            since = Some(message);
        }
        (before, since)
    }

    /// All messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.pages.0.iter().flat_map(|page| &page.messages)
    }

    /// Appends a message that follows `previous` in its session, and returns its number.
    pub(crate) fn push(&mut self, message: Message, previous: u32) -> u32 {
        let message = Message {
            previous,
            far: self.far(previous),
            nth: self.get(previous).map_or(0, |m| m.nth) + 1,
            ..message
        };
        let last = self.pages.0.last();
        if last.is_none_or(|page| page.messages.len() == PAGE) {
            self.pages.0.push(Page::default());
        }
        let page = self.pages.0.len() - 1;
        let number = self.touch(page).map_or(0, |messages| {
            messages.push(message);
            page * PAGE + messages.len()
        });
        let number = u32::try_from(number).unwrap_or(0);
        self.index(number);
        number
    }

    /// The message with a number, marked as changed.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut Message> {
        let (page, at) = place(number)?;
        self.touch(page)?.get_mut(at)
    }

    /// The skip link of a message that follows `previous`. If the last two skips have the same length,
    /// the new one spans both.
    fn far(&self, previous: u32) -> u32 {
        let nth = |number: u32| self.get(number).map_or(0, |m| m.nth);
        let far = |number: u32| self.get(number).map_or(0, |m| m.far);
        let (one, two) = (far(previous), far(far(previous)));
        if nth(previous) - nth(one) == nth(one) - nth(two) {
            two
        } else {
            previous
        }
    }

    /// A page's messages; marks the page as changed.
    fn touch(&mut self, at: usize) -> Option<&mut Vec<Message>> {
        let page = self.pages.0.get_mut(at)?;
        if !page.changed {
            page.changed = true;
            self.changed.extend(u32::try_from(at));
        }
        Some(&mut page.messages)
    }

    /// Adds a message to the indexes.
    fn index(&mut self, number: u32) {
        let (pages, hash) = (&self.pages, self.pages.hash(number));
        self.by_id
            .insert_unique(hash, number, |other| pages.hash(*other));
        if let Some(external) = pages.external(number) {
            self.by_external
                .insert_unique(digest::short(external), number, |other| {
                    pages.external_hash(*other)
                });
        }
    }

    /// Appends the pages changed since the last call to `out`, with `tag` and the page number as key.
    pub(crate) fn take_changed(&mut self, tag: u8, out: &mut Vec<Row>) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        for number in changed {
            let page = usize::try_from(number).unwrap_or(usize::MAX);
            if let Some(page) = self.pages.0.get_mut(page) {
                page.changed = false;
                let mut key = vec![tag];
                key.extend(codec::encode(&number));
                out.push((key, Some(pack::pack(&page.messages))));
            }
        }
    }

    /// Restores a stored page. Call [`index_all`](Self::index_all) after the last one. Messages are
    /// never removed.
    pub(crate) fn load(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), codec::Error> {
        let number: u32 = codec::decode(key)?;
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let messages = pack::unpack(value.unwrap_or_default())?;
        if self.pages.0.len() <= at {
            self.pages.0.resize_with(at + 1, Page::default);
        }
        if let Some(page) = self.pages.0.get_mut(at) {
            page.messages = messages;
        }
        Ok(())
    }

    /// Rebuilds the indexes.
    pub(crate) fn index_all(&mut self) {
        let all = self.pages.0.len() * PAGE;
        self.by_id.clear();
        self.by_external.clear();
        let Self { pages, by_id, .. } = self;
        by_id.reserve(all, |other| pages.hash(*other));
        for number in 1..=u32::try_from(all).unwrap_or(u32::MAX) {
            if self.get(number).is_some() {
                self.index(number);
            }
        }
    }
}

/// The page of a number and the index on that page; `None` for 0, which means no message.
fn place(number: u32) -> Option<(usize, usize)> {
    let at = usize::try_from(number.checked_sub(1)?).ok()?;
    Some((at / PAGE, at % PAGE))
}

/// Returns the last bytes of an id, which are random, as its hash.
fn hash(id: MessageId) -> u64 {
    id.as_bytes()
        .last_chunk()
        .map_or(0, |random| u64::from_be_bytes(*random))
}
