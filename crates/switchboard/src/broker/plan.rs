//! The roles that this process runs.

use super::daemon::Role;
use crate::resolve::{Loaded, Resolved};
use crate::settings::Environment;

/// The roles to run and their configuration.
pub(crate) struct Plan<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) resolved: Resolved,
    pub(crate) roles: &'a [Role],
    pub(crate) environment: &'a Environment,
}
