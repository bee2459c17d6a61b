//! The steps of generated histories. Names and ids come from small ranges, so that steps often
//! refer to the same things.

use proptest::prelude::*;

use crate::messenger::ReceiptStatus;

pub(super) type User = &'static str;

pub(super) const USERS: [User; 6] = ["root", "sue", "ann", "bob", "eve", "rea"];

/// One step. A session, sent message or attempt is an index that wraps around; a channel is `true`
/// for the second one.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A person sends a message: its id; its chat, author and text; the channel.
    Says(u8, (u8, u8, u8), bool),
    /// A person edits or deletes a message: its id, whether it is deleted, the channel.
    Edits(u8, bool, bool),
    Takes(User, u8),
    /// A user transfers a session to a user, or to the queue.
    Transfers(User, u8, Option<User>),
    Closes(User, u8),
    /// A user reopens a session, for the queue or for themselves.
    Reopens(User, u8, bool),
    /// A user starts a session: chat, author, channel.
    Starts(User, u8, u8, bool),
    Sends(User, u8),
    Notes(User, u8),
    Reads(User, u8),
    Retries(User, u8),
    /// Up to this number of due messages are attempted.
    Attempts(u8),
    /// An attempt in flight ends.
    Ends(u8, Response),
    Receipt(u8, ReceiptStatus),
    Waits(u32),
    /// The clock jumps by this many seconds.
    Jumps(i32),
    /// The expired messages are removed from their lanes.
    Expires,
    /// A channel is disconnected, by its messenger or by an administrator.
    Disconnects(bool, bool),
    /// A channel is reconnected, and the verification succeeds or fails.
    Reconnects(bool, bool),
    Deletes(bool),
    /// A channel is connected, and the verification succeeds or fails.
    Connects(bool, bool),
    Disables(User, bool),
    /// The members of the live chat change: whether `ann` and `bob` are among them.
    Members(bool, bool),
    /// An author's contact is erased.
    Forgets(u8, bool),
    Replays(bool),
    /// The last command is repeated.
    Repeats,
    /// The notices of a channel are settled.
    Settles(bool),
    /// The messenger answers a profile request, with a profile or without.
    Profile(u8, bool),
    /// The changed rows are written to the projection store.
    Projects,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Response {
    Status(u16),
    /// The status, with `Retry-After`.
    Pause(u16),
    Timeout,
}

/// Draws a step. Steps that let a history continue are drawn more often than those that end things.
pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let user = || prop::sample::select(&USERS[..]);
    let few = || 0..4_u8;
    let index = any::<u8>;
    let second = || prop::bool::weighted(0.2);
    let mostly = || prop::bool::weighted(0.8);
    prop_oneof![
        10 => (0..12_u8, (few(), few(), 0..2_u8), second())
            .prop_map(|(id, what, second)| Step::Says(id, what, second)),
        3 => (0..14_u8, prop::bool::weighted(0.3), second())
            .prop_map(|(id, deletes, second)| Step::Edits(id, deletes, second)),
        8 => (user(), index()).prop_map(|(user, session)| Step::Takes(user, session)),
        3 => (user(), index(), prop::option::weighted(0.85, user()))
            .prop_map(|(user, session, to)| Step::Transfers(user, session, to)),
        3 => (user(), index()).prop_map(|(user, session)| Step::Closes(user, session)),
        3 => (user(), index(), any::<bool>())
            .prop_map(|(user, session, queue)| Step::Reopens(user, session, queue)),
        3 => (user(), few(), few(), second())
            .prop_map(|(user, chat, author, second)| Step::Starts(user, chat, author, second)),
        14 => (user(), index()).prop_map(|(user, session)| Step::Sends(user, session)),
        2 => (user(), index()).prop_map(|(user, session)| Step::Notes(user, session)),
        3 => (user(), index()).prop_map(|(user, message)| Step::Reads(user, message)),
        4 => (user(), index()).prop_map(|(user, message)| Step::Retries(user, message)),
        12 => (1..4_u8).prop_map(Step::Attempts),
        12 => (index(), response()).prop_map(|(which, response)| Step::Ends(which, response)),
        4 => (index(), receipt()).prop_map(|(message, status)| Step::Receipt(message, status)),
        6 => prop::sample::select(&[1, 20, 400, 4_000, 90_000][..]).prop_map(Step::Waits),
        2 => prop::sample::select(&[-90_000, -10_800, -3, 3, 86_400, 432_000][..])
            .prop_map(Step::Jumps),
        3 => Just(Step::Expires),
        1 => any::<(bool, bool)>().prop_map(|(second, by_messenger)| Step::Disconnects(second, by_messenger)),
        2 => (any::<bool>(), mostly()).prop_map(|(second, works)| Step::Reconnects(second, works)),
        1 => prop::bool::weighted(0.7).prop_map(Step::Deletes),
        2 => (any::<bool>(), mostly()).prop_map(|(second, works)| Step::Connects(second, works)),
        // The only administrator cannot be disabled.
        1 => (prop::sample::select(&USERS[1..]), any::<bool>())
            .prop_map(|(user, disabled)| Step::Disables(user, disabled)),
        1 => (prop::bool::weighted(0.7), prop::bool::weighted(0.7))
            .prop_map(|(ann, bob)| Step::Members(ann, bob)),
        1 => (few(), second()).prop_map(|(author, second)| Step::Forgets(author, second)),
        1 => second().prop_map(Step::Replays),
        3 => Just(Step::Repeats),
        2 => second().prop_map(Step::Settles),
        1 => (few(), any::<bool>()).prop_map(|(author, known)| Step::Profile(author, known)),
        2 => Just(Step::Projects),
    ]
}

fn receipt() -> impl Strategy<Value = ReceiptStatus> {
    use ReceiptStatus::{Delivered, Failed, Read};
    prop_oneof![Just(Delivered), Just(Read), Just(Failed)]
}

fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        4 => Just(Response::Status(200)),
        2 => Just(Response::Status(400)),
        3 => Just(Response::Status(500)),
        2 => Just(Response::Timeout),
        1 => Just(Response::Pause(429)),
        1 => prop::sample::select(&[401, 410][..]).prop_map(Response::Status),
    ]
}
