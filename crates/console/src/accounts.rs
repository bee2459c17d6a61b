//! The accounts and users of the NATS configuration.

/// The account that roles and users share.
pub const ACCOUNT: &str = "SB";
/// The account of NATS's own subjects.
pub const SYSTEM_ACCOUNT: &str = "SYS";
/// The user of the roles. Upper case, so that no login can equal it.
pub const ROLES_USER: &str = "ROLES";
/// The user of [`SYSTEM_ACCOUNT`].
pub const SYSTEM_USER: &str = "SYSTEM";
