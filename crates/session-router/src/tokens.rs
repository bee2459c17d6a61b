//! A cache of unsealed API token hashes: unsealing all of them at each sign-in would block the loop.

use std::collections::BTreeMap;

use chat::id::UserId;
use chat::record::Stream;
use chat::secret::Secret;
use chat::workspace::Workspace;

use crate::sealed_log::SealedLog;

/// Each user's token hashes, as of a version of the user.
#[derive(Default)]
pub(crate) struct TokenHashes(BTreeMap<UserId, (u64, Vec<Secret>)>);

impl TokenHashes {
    /// Returns the user who holds the token with this hash. Unseals hashes of changed users first.
    pub(crate) fn holder(
        &mut self,
        workspace: &Workspace,
        sealed_log: &SealedLog,
        hash: &str,
    ) -> Option<UserId> {
        for (id, user) in workspace.users.iter() {
            let version = user.head.version;
            if self.0.get(id).is_some_and(|(v, _)| *v == version) {
                continue;
            }
            let stream = Stream::User(id.clone());
            let open = |token| sealed_log.open_with_master_key(token, &stream);
            let hashes = user.tokens.iter().filter_map(open).collect();
            self.0.insert(id.clone(), (version, hashes));
        }
        let mut holders = self.0.iter();
        let (holder, _) = holders.find(|(_, (_, all))| all.iter().any(|t| t.expose() == hash))?;
        Some(holder.clone())
    }
}
