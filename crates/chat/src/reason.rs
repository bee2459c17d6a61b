//! Why something failed, was refused, or changed its status.
//!
//! Programs read the code and the fields, people read the sentence. Each sentence is written here and
//! nowhere else. `docs/errors.md` and the page's catalogues list every code, which tests compare.

mod old_text;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rejection::code::Code;

/// Declares the reasons, grouped by the public error code of a refusal for that reason:
/// `Variant { field: Type } = "code" at "pointer": "sentence";`. The pointer of an invalid member of
/// a request stands before its sentence.
macro_rules! reasons {
    ($($error:ident {
        $($name:ident $({ $($field:ident: $type:ty),* })? = $code:literal
            $(at $pointer:literal)?: $sentence:literal;)*
    })*) => {
        /// A typed cause: a stable code and the values that the sentence for people contains.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "code", rename_all_fields = "camelCase")]
        #[expect(missing_docs, reason = "the sentence of a variant shows what its fields are")]
        pub enum Reason {
            $($(
                #[doc = concat!("`", $sentence, "`")]
                #[serde(rename = $code)]
                $name $({ $($field: $type),* })?,
            )*)*
        }

        impl Reason {
            /// The code of every reason.
            pub const ALL: &'static [&'static str] = &[$($($code,)*)*];

            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self { $($(Self::$name { .. } => $code,)*)* }
            }

            /// The public error code of a refusal for this reason.
            pub const fn error_code(&self) -> Code {
                match self { $($(Self::$name { .. } => Code::$error,)*)* }
            }

            /// The JSON pointer (RFC 6901) of the member of a request that is wrong.
            #[expect(unused_variables, reason = "few pointers contain a field")]
            pub fn pointer(&self) -> Option<String> {
                match self { $($(
                    Self::$name $({ $($field),* })? => {
                        let pointer: Option<String> = None;
                        $(let pointer = Some(format!($pointer));)?
                        pointer
                    }
                )*)* }
            }

            /// The sentence, without the pointer before it.
            #[expect(unused_variables, reason = "no sentence contains its pointer")]
            pub fn detail(&self) -> String {
                match self { $($(
                    Self::$name $({ $($field),* })? => format!($sentence),
                )*)* }
            }
        }
    };
}

reasons! {
    // Attempts at a webhook, and verifications of a channel.
    VerificationFailed {
        WrongCode { status: u16 } = "wrong_code":
            "the messenger rejected the confirmation code ({status})";
        WrongChallengeAnswer = "wrong_challenge_answer":
            "the messenger answered the challenge with another confirmation code";
        ChallengeNotAnswered = "challenge_not_answered":
            "the messenger did not answer the challenge, which security \"signed\" requires";
        Redirected { status: u16 } = "redirected":
            "the messenger answered {status}, a redirect; redirects are not followed";
        UnexpectedStatus { status: u16 } = "unexpected_status": "the messenger answered {status}";
        Gone { status: u16 } = "gone": "the messenger says that it is gone ({status})";
        NoticeRefused { request: String, status: u16 } = "notice_refused":
            "the messenger answered {request} with {status}; messages are not affected";
        NotAWebhook = "not_a_webhook": "the webhook is not an http or https URL with a host";
        WebhookWithCredentials = "webhook_with_credentials":
            "the webhook's URL contains a user name or password; remove what stands before the @";
        HostRefused { name: String } = "host_refused":
            "the host {name:?} is not allowed; use a name, four decimal numbers, or IPv6 in brackets";
        AddressRefused { address: String, name: String, detail: String } = "address_refused":
            "the address {address} of {name} is not allowed ({detail}); add it to egress.allow if it is intended";
        NameNotResolved { name: String, detail: String } = "name_not_resolved":
            "the name {name} does not resolve: {detail}";
        ConnectFailed { name: String, port: u16, detail: String } = "connect_failed":
            "cannot connect to {name}, port {port}: {detail}";
        ConnectTimedOut { seconds: u64 } = "connect_timed_out":
            "cannot connect within {seconds} s";
        TlsFailed { detail: String } = "tls_failed": "the TLS handshake failed: {detail}";
        TimedOut { ms: u32 } = "timed_out":
            "no answer within {ms} ms";
        ConnectionClosed = "connection_closed":
            "the connection was closed before an answer";
        NotHttp = "not_http":
            "the answer is not HTTP";
        ConnectionBroken { detail: String } = "connection_broken":
            "the connection broke: {detail}";
        InvalidAttempt { detail: String } = "invalid_attempt":
            "the request could not be built: {detail}";
        NoEgress = "no_egress":
            "no egress process is running; nothing was sent";
        EgressBusy = "egress_busy":
            "egress is too busy; nothing was sent";
        EgressStopping = "egress_stopping":
            "egress is shutting down; nothing was sent";
        EgressTimedOut = "egress_timed_out":
            "egress did not answer in time; the request may have been sent";
        ContentErased = "content_erased":
            "the content was erased; nothing was sent";
    }

    // Status changes of channels.
    ChannelDisconnected {
        ByUser { user: String } = "by_user":
            "{user} disconnected the channel";
        ByMessenger = "by_messenger":
            "the messenger disconnected the channel";
        Failing = "failing":
            "deliveries fail; one probe at a time until one succeeds";
        FailedTooLong { hours: u64 } = "failed_too_long":
            "every delivery failed for {hours} hours; reconnect when the messenger is back";
        ChannelDeleted = "channel_deleted":
            "the channel was deleted";
        ChannelNotActive { status: String, since: String } = "channel_not_active":
            "the channel is {status} since {since}";
    }

    ChannelConnecting {
        ChannelConnecting = "channel_connecting":
            "the messenger has not answered connect yet; send it again";
    }

    // Deliveries.
    Conflict {
        MessengerPaused { until: String } = "messenger_paused":
            "the messenger asked for a pause until {until}";
        TimeToLivePassed = "time_to_live_passed":
            "not delivered within its time to live";
        ReportedByMessenger { detail: String } = "reported_by_messenger":
            "the messenger reports: {detail}";
        ReportErased = "report_erased":
            "the text that the messenger reported was erased with the contact's data";
        RecipientGone = "recipient_gone":
            "the channel was deleted or the contact's data was erased";
        Unknown { detail: String } = "unknown":
            "{detail}";
    }

    // Sessions that go back to the queue.
    Conflict {
        OperatorDisabled { name: String } = "operator_disabled":
            "{name} was disabled";
        OperatorLeft { name: String } = "operator_left":
            "{name} no longer works in this live chat";
    }

    // Requests that contradict the state.
    Conflict {
        CommandReused { command: String } = "command_reused":
            "command {command} was used for something else; give each command its own id";
        LiveChatNameTaken { name: String } = "live_chat_name_taken":
            "there is a live chat {name:?} already";
        LiveChatHasChannels { name: String, count: usize } = "live_chat_has_channels":
            "live chat {name:?} has {count} channels; delete them first, or use force";
        LoginTaken { user: String } = "login_taken":
            "there is a user {user} already";
        LastAdministrator { user: String } = "last_administrator":
            "{user} is the last administrator; make another one first";
        ShortcutTaken { shortcut: String } = "shortcut_taken":
            "the shortcut {shortcut:?} is taken";
        NotFailed = "not_failed":
            "only a message that the messenger has not accepted can be sent again";
        WaitsInLane { message_id: String } = "waits_in_lane":
            "message {message_id} waits for an earlier message of its chat";
        ChannelChanged { status: String } = "channel_changed":
            "the channel changed during the verification and is {status}; reconnect it again";
        TokenShown = "token_shown":
            "this token was issued and shown before; request a new one";
        UserDisabled { user: String } = "user_disabled":
            "{user} is disabled; enable the user first";
    }
    AccountAlreadyConnected {
        AccountConnected { live_chat: String, channel: String } = "account_connected":
            "the webhook is connected to the live chat {live_chat:?} already, as channel {channel:?}; reconnect that channel";
    }
    AlreadyAssigned {
        AlreadyAssigned { name: String } = "already_assigned":
            "{name} has this session already; ask for a transfer";
    }
    ChatAmbiguous {
        ChatAmbiguous = "chat_ambiguous":
            "others write in the chats of this contact; name a chat with externalChatId";
    }
    SessionAlreadyOpen {
        SessionAlreadyOpen = "session_already_open":
            "the chat has an open session; use that one";
    }
    SessionClosed {
        SessionClosed = "session_closed":
            "the session is closed; the next inbound message opens a new one";
    }
    ContactForgotten {
        ContactForgotten = "contact_forgotten":
            "the contact's data was erased";
    }
    MessageConflict {
        MessageConflict { message_id: String } = "message_conflict":
            "message {message_id:?} was accepted with other content; use messageEdited to change it";
        WebhookIdReused = "webhook_id_reused":
            "the webhook-id was used for another request; give each request its own";
    }

    // Rights.
    Forbidden {
        AdministratorsOnly = "administrators_only":
            "only administrators can do this; ask one of them";
        SupervisorsOnly = "supervisors_only":
            "only supervisors and administrators can do this; ask one of them";
        OperatorsOnly = "operators_only":
            "readers cannot do this; ask an administrator for operator rights";
        NotAMember = "not_a_member":
            "you are not a member of this live chat; ask an administrator";
        SignInRefused { user: String } = "sign_in_refused":
            "user {user} cannot sign in";
    }
    NotAssigned {
        SessionOfAnother { user: String } = "session_of_another":
            "{user} has this session";
        SessionNotTaken = "session_not_taken":
            "nobody has this session yet; take it first";
        SessionUnassigned = "session_unassigned":
            "nobody has this session";
    }
    NotEnabled {
        CannotInitiate = "cannot_initiate":
            "this channel's messenger does not support sessions started by operators";
    }

    // Things that do not exist, or that the caller may not see.
    NotFound {
        NoSuchUser { user: String } = "no_such_user": "there is no user {user}";
        NoSuchLiveChat { live_chat: String } = "no_such_live_chat": "there is no live chat {live_chat}";
        NoSuchChannel { channel: String } = "no_such_channel": "there is no channel {channel}";
        NoSuchContact { contact: String } = "no_such_contact": "there is no contact {contact}";
        NoSuchSession { session: String } = "no_such_session": "there is no session {session}";
        NoSuchMessage { message_id: String } = "no_such_message": "there is no message {message_id}";
        NoSuchReply { reply: String } = "no_such_reply": "there is no canned reply {reply}";
        NoSuchToken { token: String } = "no_such_token": "the user has no API token {token}";
        NoSuchMethod { method: String } = "no_such_method": "there is no method {method:?}";
        NotDeliverable { message_id: String } = "not_deliverable":
            "message {message_id} is not waiting for its delivery";
        NotSentToChannel { message_id: String } = "not_sent_to_channel":
            "no message {message_id} was sent to this channel";
        NoSuchOperator { user: String } = "no_such_operator":
            "no operator {user:?} wrote to this channel";
    }
    ChannelNotFound {
        ChannelNotFound { channel: String } = "channel_not_found":
            "there is no channel {channel}, or it was deleted";
    }

    // Limits.
    TooLarge {
        UsersFull { limit: usize } = "users_full": "there are {limit} users already";
        TokensFull { limit: usize } = "tokens_full":
            "the user has {limit} API tokens already; revoke one first";
        LiveChatsFull { limit: usize } = "live_chats_full": "there are {limit} live chats already";
        ChannelsFull { limit: usize } = "channels_full": "the live chat has {limit} channels already";
        RepliesFull { limit: usize } = "replies_full": "there are {limit} canned replies already";
        TextTooLong { pointer: String, limit: usize } = "text_too_long":
            "{pointer} is over {limit} characters; split it";
        TooManyFiles { pointer: String, limit: usize } = "too_many_files":
            "{pointer} has more than {limit} files";
        RequestTooLarge { limit: usize } = "request_too_large":
            "the request is over {limit} bytes";
        ResponseTooLarge { limit: usize } = "response_too_large":
            "the response is over {limit} bytes; ask for less with limit";
    }

    // Requests that cannot be read.
    Malformed {
        NotUtf8 { offset: usize } = "not_utf8": "the body is not UTF-8 after byte {offset}";
        TooDeep { limit: usize } = "too_deep": "the body is nested deeper than {limit}";
        NotJson { detail: String } = "not_json": "the body is not JSON: {detail}";
    }
    Invalid {
        InvalidBody { detail: String } = "invalid_body" at "":
            "{detail}";
        InvalidMember { pointer: String, detail: String } = "invalid_member" at "{pointer}":
            "{detail}";
        WrongLength { pointer: String, min: usize, max: usize, unit: String } = "wrong_length" at "{pointer}":
            "must have {min} to {max} {unit}";
        TooManyElements { pointer: String, limit: usize } = "too_many_elements" at "{pointer}":
            "must have at most {limit} elements";
        InvalidWebhook { detail: String } = "invalid_webhook" at "/webhook":
            "{detail}";
        CodeRequired = "code_required" at "/code":
            "is empty; enter a code, or choose security \"open\"";
        CodeInvalid { limit: usize } = "code_invalid" at "/code":
            "must have at most {limit} bytes and no control characters";
        CodeNotBase64 = "code_not_base64" at "/code":
            "the code begins with whsec_ but the rest is not base64";
        NoCode = "no_code" at "/security":
            "the channel has no confirmation code; rotate to one first";
        OverlapTooLong { days: u64 } = "overlap_too_long" at "/overlap":
            "must be at most {days} days";
        InvalidPassword { min: usize, max: usize } = "invalid_password" at "/password":
            "must have {min} to {max} characters";
        InvalidShortcut { max: usize } = "invalid_shortcut" at "/shortcut":
            "must have 1 to {max} characters and no spaces";
        UnknownMember { user: String } = "unknown_member" at "/users":
            "there is no user {user}";
        NotStaff { user: String } = "not_staff" at "/to":
            "{user} does not staff this live chat";
        ContactOfAnotherChannel = "contact_of_another_channel" at "/contact":
            "is a contact of another channel";
        NotInSession { message_id: String } = "not_in_session" at "/upTo":
            "the session has no message {message_id}";
        NotInChat { message_id: String } = "not_in_chat" at "/replyTo":
            "the chat has no message {message_id}";
        ContentRequired = "content_required" at "/text":
            "a text or at least one file is required";
    }

    RateLimited {
        NoticesFull { limit: usize } = "notices_full":
            "{limit} requests to this messenger wait to be sent; nothing was stored, retry later";
    }

    // Not now: nothing was stored, and the same request may succeed later.
    Unavailable {
        EditsFull { limit: usize } = "edits_full":
            "{limit} edits of this channel wait for their messages; nothing was stored, retry later";
        LaneFull { limit: usize } = "lane_full":
            "{limit} messages of this chat wait for their delivery; retry later";
        Busy = "busy":
            "too many requests are in progress; nothing was changed, retry later";
        InProgress = "in_progress": "already in progress; retry to get the result";
        DiskFull = "disk_full":
            "the disk is nearly full; nothing was stored, retry later";
        KeysUnavailable = "keys_unavailable":
            "an encryption key is missing or cannot be stored; nothing was stored, retry later";
        InternalError = "internal_error":
            "an internal error occurred; the log of the session router describes it, retry later";
    }
}

impl Reason {
    /// Whether an attempt that failed for this reason never reached the messenger, because no egress
    /// process took it or its content is erased. It then says nothing about the messenger.
    pub const fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::NoEgress | Self::EgressBusy | Self::EgressStopping | Self::ContentErased
        )
    }

    /// Whether an attempt failed because the messenger did not answer in time.
    pub const fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::ConnectTimedOut { .. } | Self::TimedOut { .. } | Self::EgressTimedOut
        )
    }

    /// The reason as JSON: `code`, `message` and the fields.
    pub fn object(&self) -> Map<String, Value> {
        let mut object = match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        object.insert("message".to_owned(), self.to_string().into());
        object
    }
}

impl std::error::Error for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer().as_deref() {
            Some("") => write!(f, "the body: {}", self.detail()),
            Some(pointer) => write!(f, "{pointer}: {}", self.detail()),
            None => f.write_str(&self.detail()),
        }
    }
}
