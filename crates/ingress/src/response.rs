//! The responses to requests that succeed.

use bytes::Bytes;
use chat::id::{MessageId, SessionId};
use chat::messenger::inbound::Finding;
use chat::rpc::{Accepted, Health, HealthReply, InboundReply, UserCard};
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::request_error::RequestError;

/// Builds the response to an inbound request, in which these members were repaired.
pub(crate) fn inbound(
    reply: InboundReply,
    warnings: Vec<Finding>,
) -> Result<Response<Full<Bytes>>, RequestError> {
    let body = match reply {
        InboundReply::Done => InboundBody::done(false),
        InboundReply::Repeated => InboundBody::done(true),
        InboundReply::Accepted(accepted) => InboundBody::Accepted(accepted.into()),
        InboundReply::User(card) => InboundBody::User(card),
        InboundReply::Rejected(rejection) => return Err(rejection.into()),
        InboundReply::Stale => return Err(RequestError::Stale),
    };
    Ok(json(encode(&Warned { body, warnings })))
}

/// Builds the response to a health request.
pub(crate) fn health(reply: HealthReply) -> Result<Response<Full<Bytes>>, RequestError> {
    match reply {
        HealthReply::Health(health) => {
            let mut response = json(encode::<Health>(&health));
            // The state is for the caller that signed the request, and valid only now.
            response
                .headers_mut()
                .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        HealthReply::Rejected(rejection) => Err(rejection.into()),
        HealthReply::Stale => Err(RequestError::Stale),
    }
}

const ACCEPTED: &str = "accepted";

#[derive(Serialize)]
struct Warned {
    #[serde(flatten)]
    body: InboundBody,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum InboundBody {
    Done {
        status: &'static str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        duplicate: bool,
    },
    Accepted(AcceptedBody),
    User(UserCard),
}

impl InboundBody {
    const fn done(duplicate: bool) -> Self {
        Self::Done {
            status: ACCEPTED,
            duplicate,
        }
    }
}

/// The body for an accepted message, in the order of messenger-protocol section 3.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AcceptedBody {
    status: &'static str,
    message_id: MessageId,
    session_id: SessionId,
    position: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    echo: bool,
}

impl From<Accepted> for AcceptedBody {
    fn from(accepted: Accepted) -> Self {
        Self {
            status: ACCEPTED,
            message_id: accepted.message_id,
            session_id: accepted.session_id,
            position: accepted.position,
            duplicate: accepted.duplicate,
            echo: accepted.echo,
        }
    }
}

fn encode<T: Serialize>(value: &T) -> Bytes {
    #[expect(clippy::expect_used, reason = "plain structs of texts and numbers")]
    serde_json::to_vec(value)
        .expect("plain structs have a JSON form")
        .into()
}

fn json(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
