//! Every value of the stored enums.

use serde::{Deserialize, Serialize};

use crate::messenger::outbound::Dialect;
use crate::model::{
    ChannelStatus, DeliveryState, Direction, Group, OpenedBy, SessionStatus, Verified,
};
use crate::rpc::Security;

/// Every variant of the stored enums.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::event::golden) struct StoredEnums {
    groups: Vec<Group>,
    channel: Vec<ChannelStatus>,
    verified: Vec<Verified>,
    session: Vec<SessionStatus>,
    opened: Vec<OpenedBy>,
    direction: Vec<Direction>,
    delivery: Vec<DeliveryState>,
    security: Vec<Security>,
    dialect: Vec<Dialect>,
}

pub(in crate::event::golden) fn stored_enums() -> StoredEnums {
    use ChannelStatus as C;
    use DeliveryState as D;
    StoredEnums {
        groups: vec![
            Group::Administrators,
            Group::Supervisors,
            Group::Operators,
            Group::Readers,
        ],
        channel: vec![
            C::Pending,
            C::Active,
            C::Disconnected,
            C::Interrupted,
            C::Failed,
            C::Deleted,
        ],
        verified: vec![Verified::Challenge, Verified::Status],
        session: vec![
            SessionStatus::Queued,
            SessionStatus::Assigned,
            SessionStatus::Closed,
        ],
        opened: vec![OpenedBy::User, OpenedBy::Operator],
        direction: vec![
            Direction::Inbound,
            Direction::Outbound,
            Direction::Note,
            Direction::System,
        ],
        delivery: vec![
            D::Queued,
            D::Sending,
            D::Accepted,
            D::Delivered,
            D::Read,
            D::Failed,
            D::Expired,
        ],
        security: vec![Security::Signed, Security::Token, Security::Open],
        dialect: vec![Dialect::Native, Dialect::Brix],
    }
}
