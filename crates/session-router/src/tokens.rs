//! A cache of unsealed API token hashes: unsealing all of them at each sign-in would block the loop.

use std::collections::BTreeMap;

use chat::id::{TokenId, UserId};
use chat::record::Stream;
use chat::secret::Secret;
use chat::workspace::Workspace;

use crate::sealed_log::SealedLog;

/// Each user's tokens with their hashes, as of a version of the user.
#[derive(Default)]
pub(crate) struct TokenHashes(BTreeMap<UserId, (u64, Vec<(TokenId, Secret)>)>);

impl TokenHashes {
    /// Returns the token with this hash and the user who holds it. Unseals hashes of changed users
    /// first.
    pub(crate) fn holder(
        &mut self,
        workspace: &Workspace,
        sealed_log: &SealedLog,
        hash: &str,
    ) -> Option<(UserId, TokenId)> {
        for (id, user) in workspace.users.iter() {
            let version = user.head.version;
            if self.0.get(id).is_some_and(|(v, _)| *v == version) {
                continue;
            }
            let stream = Stream::User(id.clone());
            let tokens = user.tokens.iter().filter_map(|token| {
                let hash = sealed_log.open_with_master_key(&token.hash, &stream)?;
                Some((token.id, hash))
            });
            let hashes = tokens.collect();
            self.0.insert(id.clone(), (version, hashes));
        }
        self.0.iter().find_map(|(user, (_, tokens))| {
            let (token, _) = tokens.iter().find(|(_, known)| known.expose() == hash)?;
            Some((user.clone(), *token))
        })
    }
}
