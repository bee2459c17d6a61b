//! What can happen in a generated history. Small numbers stand for names and for things that were
//! made before, so that what is drawn often meets.

use proptest::prelude::*;

use crate::model::DeliveryState;

/// Who asks.
pub(super) const USERS: [&str; 6] = ["root", "sue", "ann", "bob", "eve", "rea"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Somebody writes: message id, chat, author, text, on the first or the second channel.
    Says {
        id: u8,
        chat: u8,
        author: u8,
        text: u8,
        second: bool,
    },
    /// An author edits a message, or takes it back.
    Edits {
        id: u8,
        deletes: bool,
        second: bool,
    },
    Takes {
        user: u8,
        session: u8,
    },
    Transfers {
        user: u8,
        session: u8,
        to: u8,
    },
    Closes {
        user: u8,
        session: u8,
    },
    Opens {
        user: u8,
        chat: u8,
        author: u8,
        second: bool,
    },
    Sends {
        user: u8,
        session: u8,
    },
    Notes {
        user: u8,
        session: u8,
    },
    Reads {
        user: u8,
        message: u8,
    },
    Retries {
        user: u8,
        message: u8,
    },
    /// The first messages that are due are tried.
    Starts {
        many: u8,
    },
    /// One that is being tried comes back.
    Returns {
        which: u8,
        with: Answer,
    },
    /// The messenger reports.
    Receipt {
        message: u8,
        what: DeliveryState,
    },
    Waits {
        seconds: u32,
    },
    /// What has expired ends.
    Expires,
    Disconnects {
        second: bool,
        by_messenger: bool,
    },
    Reconnects {
        second: bool,
        works: bool,
    },
    Deletes {
        second: bool,
    },
    /// Another channel takes the place of a deleted one.
    Connects {
        second: bool,
        works: bool,
    },
    Disables {
        user: u8,
        disabled: bool,
    },
    Members {
        ann: bool,
        bob: bool,
    },
    Forgets {
        author: u8,
        second: bool,
    },
    Replays {
        second: bool,
    },
    /// The last command once more.
    Repeats,
    /// Notices reach their end.
    Settles {
        second: bool,
    },
    Profile {
        author: u8,
        known: bool,
    },
    /// The projections are brought up to date.
    Projects,
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Status(u16),
    Pause(u16),
    Nothing,
}

/// A step; what makes histories long is drawn more often than what ends them.
pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let user = || 0..6_u8;
    let few = || 0..4_u8;
    let index = any::<u8>;
    prop_oneof![
        10 => (0..12_u8, few(), few(), 0..2_u8, prop::bool::weighted(0.2))
            .prop_map(|(id, chat, author, text, second)| Step::Says { id, chat, author, text, second }),
        3 => (0..14_u8, prop::bool::weighted(0.3), prop::bool::weighted(0.2))
            .prop_map(|(id, deletes, second)| Step::Edits { id, deletes, second }),
        8 => (user(), index()).prop_map(|(user, session)| Step::Takes { user, session }),
        3 => (user(), index(), 0..7_u8).prop_map(|(user, session, to)| Step::Transfers { user, session, to }),
        3 => (user(), index()).prop_map(|(user, session)| Step::Closes { user, session }),
        3 => (user(), few(), few(), prop::bool::weighted(0.2))
            .prop_map(|(user, chat, author, second)| Step::Opens { user, chat, author, second }),
        14 => (user(), index()).prop_map(|(user, session)| Step::Sends { user, session }),
        2 => (user(), index()).prop_map(|(user, session)| Step::Notes { user, session }),
        3 => (user(), index()).prop_map(|(user, message)| Step::Reads { user, message }),
        4 => (user(), index()).prop_map(|(user, message)| Step::Retries { user, message }),
        12 => (1..4_u8).prop_map(|many| Step::Starts { many }),
        12 => (index(), answer()).prop_map(|(which, with)| Step::Returns { which, with }),
        4 => (index(), prop::sample::select(&[DeliveryState::Delivered, DeliveryState::Read, DeliveryState::Failed][..]))
            .prop_map(|(message, what)| Step::Receipt { message, what }),
        6 => prop_oneof![Just(1), Just(20), Just(400), Just(4_000), Just(90_000)]
            .prop_map(|seconds| Step::Waits { seconds }),
        3 => Just(Step::Expires),
        1 => (any::<bool>(), any::<bool>())
            .prop_map(|(second, by_messenger)| Step::Disconnects { second, by_messenger }),
        2 => (any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(second, works)| Step::Reconnects { second, works }),
        1 => prop::bool::weighted(0.7).prop_map(|second| Step::Deletes { second }),
        2 => (any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(second, works)| Step::Connects { second, works }),
        1 => (1..6_u8, any::<bool>()).prop_map(|(user, disabled)| Step::Disables { user, disabled }),
        1 => (prop::bool::weighted(0.7), prop::bool::weighted(0.7))
            .prop_map(|(ann, bob)| Step::Members { ann, bob }),
        1 => (few(), prop::bool::weighted(0.2)).prop_map(|(author, second)| Step::Forgets { author, second }),
        1 => prop::bool::weighted(0.2).prop_map(|second| Step::Replays { second }),
        3 => Just(Step::Repeats),
        2 => prop::bool::weighted(0.2).prop_map(|second| Step::Settles { second }),
        1 => (few(), any::<bool>()).prop_map(|(author, known)| Step::Profile { author, known }),
        2 => Just(Step::Projects),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Status(200)),
        2 => Just(Answer::Status(400)),
        3 => Just(Answer::Status(500)),
        2 => Just(Answer::Nothing),
        1 => Just(Answer::Pause(429)),
        1 => prop::sample::select(&[401, 410][..]).prop_map(Answer::Status),
    ]
}
