//! What the keys of contacts are used for. A byte for each key, as a company has millions of them.

/// The use of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Use {
    /// No contact ever had it.
    #[default]
    None,
    /// A contact needs it.
    Contact,
    /// Its contact was forgotten.
    Forgotten,
}

/// The uses of all keys, by the number of the key.
#[derive(Default)]
pub(crate) struct Uses(Vec<Use>);

impl Uses {
    /// Records the use of a key.
    pub(crate) fn set(&mut self, key: u32, use_: Use) {
        let Ok(at) = usize::try_from(key) else { return };
        if self.0.len() <= at {
            self.0.resize(at + 1, Use::None);
        }
        if let Some(known) = self.0.get_mut(at) {
            *known = use_;
        }
    }

    /// The use of a key.
    pub(crate) fn of(&self, key: u32) -> Use {
        let at = usize::try_from(key).unwrap_or(usize::MAX);
        self.0.get(at).copied().unwrap_or_default()
    }

    /// The keys that contacts need.
    pub(crate) fn needed(&self) -> impl Iterator<Item = u32> {
        let all = (0..).zip(&self.0);
        all.filter(|(_, use_)| **use_ == Use::Contact)
            .map(|(key, _)| key)
    }
}
