use proptest::prelude::*;

use super::*;
use crate::id::SessionId;
use crate::model::{DeliveryState, Direction};
use crate::state::MessageExtra;
use crate::time::Timestamp;

/// The number of interleaved sessions.
const SESSIONS: usize = 5;

fn message(session: usize, position: u64) -> Message {
    let byte = u8::try_from(session).unwrap();
    let mut id = [7; 16];
    id[8..].copy_from_slice(&position.to_be_bytes());
    let is_inbound = !position.is_multiple_of(3);
    Message {
        id: MessageId::from_bytes(id),
        session: SessionId::from_bytes([byte; 16]),
        position,
        // Two messages share the first bytes, which are the hash.
        external: is_inbound.then(|| {
            let hash = u128::from(position / 2) << 64;
            (hash | u128::from(position)).to_be_bytes()
        }),
        digest: if is_inbound { [byte; 16] } else { [0; 16] },
        delivery_at: 0,
        extra: None,
        attempts: 0,
        previous: 0,
        far: 0,
        nth: 0,
        direction: if is_inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        },
        state: None,
    }
}

/// Messages of sessions in this order, and each session's newest message.
fn table_of(order: &[usize]) -> (MessageTable, [u32; SESSIONS]) {
    let (mut table, mut newest) = (MessageTable::default(), [0; SESSIONS]);
    for (session, position) in order.iter().zip(1_u64..) {
        newest[*session] = table.push(message(*session, 10 * position), newest[*session]);
    }
    (table, newest)
}

fn change(table: &mut MessageTable, number: u32) {
    let Some(message) = table.get_mut(number) else {
        return;
    };
    message.state = Some(DeliveryState::Expired);
    message.attempts = number;
    message.delivery_at = 5;
    message.extra_mut().delivered_at = Some(Timestamp::from_micros(8));
    message.extra_mut().edited = u64::MAX;
}

proptest! {
    #[test]
    fn a_session_is_walked_back_and_searched(
        order in prop::collection::vec(0..SESSIONS, 0..400),
        position in 0_u64..4_100,
    ) {
        let (table, newest) = table_of(&order);
        for (session, newest) in newest.into_iter().enumerate() {
            let positions = order.iter().zip(1_u64..).filter(|(of, _)| **of == session);
            let mut positions: Vec<u64> = positions.map(|(_, at)| 10 * at).collect();
            positions.reverse();
            let back: Vec<u64> = table.back(newest).map(|m| m.position).collect();
            prop_assert_eq!(&back, &positions);
            let before = table.before(newest, position).and_then(|n| table.get(n));
            let (right, left): (Vec<u64>, Vec<u64>) = positions.iter().partition(|at| **at < position);
            prop_assert_eq!(before.map(|m| m.position), right.first().copied());
            let since = table.since(newest, position);
            prop_assert_eq!(since.map(|m| m.position), left.last().copied());
        }
    }

    #[test]
    fn rows_restore_the_table_in_any_order(
        order in prop::collection::vec(0..SESSIONS, 0..300),
        changed in prop::collection::vec(0_u32..320, 0..20),
        at in 0_usize..300,
    ) {
        let (mut table, mut newest) = (MessageTable::default(), [0; SESSIONS]);
        let mut rows = Vec::new();
        for (nth, session) in order.iter().enumerate() {
            let position = nth as u64 + 1;
            newest[*session] = table.push(message(*session, position), newest[*session]);
            if nth == at {
                table.take_changed(7, &mut rows);
                for number in &changed {
                    change(&mut table, *number);
                }
            }
        }
        table.take_changed(7, &mut rows);
        let mut nothing = Vec::new();
        table.take_changed(7, &mut nothing);
        prop_assert_eq!(nothing.len(), 0);
        // Only the last row of a page counts, in any order of pages.
        rows.reverse();
        rows.sort_by(|(one, _), (two, _)| one.cmp(two));
        rows.dedup_by(|(one, _), (two, _)| one == two);
        rows.reverse();
        let mut loaded = MessageTable::default();
        for (key, value) in &rows {
            loaded.load(&key[1..], value.as_deref()).unwrap();
        }
        loaded.index_all();
        prop_assert!(loaded == table);
        for message in table.iter() {
            prop_assert_eq!(loaded.find(message.id), table.find(message.id));
            if let Some(external) = &message.external {
                let found = loaded.find_external(external).map(|m| m.position);
                prop_assert_eq!(found, Some(message.position));
            }
        }
    }
}

#[test]
fn the_first_message_of_a_long_session_is_found_in_logarithmic_time() {
    let (table, newest) = table_of(&vec![0; 100_000]);
    let mut number = newest[0];
    let mut steps = 0;
    while let Some(message) = table.get(number).filter(|m| m.position > 10) {
        let is_too_far = message.far == 0;
        number = if is_too_far {
            message.previous
        } else {
            message.far
        };
        steps += 1;
    }
    assert_eq!(number, 1);
    // Myers: at most 3 log2(n) - 2 steps.
    assert!(steps <= 3 * 16 - 2, "{steps}");
}

#[test]
fn a_truncated_row_is_rejected() {
    let mut message = message(1, 1);
    message.extra = Some(Box::new(MessageExtra::default()));
    let whole = pack::pack(&[message.clone(), message]);
    assert_eq!(pack::unpack(&whole).unwrap().len(), 2);
    for length in (0..whole.len()).filter(|length| *length != whole.len() / 2) {
        assert_eq!(pack::unpack(&whole[..length]).is_ok(), length == 0);
    }
}
