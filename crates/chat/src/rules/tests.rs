use super::*;

const FIRST: Timestamp = Timestamp::from_micros(1_795_341_600_000_000);

/// The shortest and longest time from the first attempt to the one after `tries`, of many draws.
fn spread(rules: &Rules, tries: u32) -> (f64, f64) {
    let mut chance = Chance::from_seed([7; 32]);
    let mut draw = || {
        rules
            .next_attempt(tries, FIRST, &mut chance)
            .since(FIRST)
            .as_secs_f64()
    };
    (0..2_000).fold((f64::MAX, f64::MIN), |(low, high), _| {
        let at = draw();
        (low.min(at), high.max(at))
    })
}

#[track_caller]
fn check(rules: &Rules, tries: u32, seconds: f64) {
    let (low, high) = spread(rules, tries);
    // The draws use the whole range and stay in it.
    assert!(
        (seconds * 0.8..=seconds * 0.81).contains(&low),
        "{low} for {seconds}"
    );
    assert!(
        (seconds * 1.19..=seconds * 1.2).contains(&high),
        "{high} for {seconds}"
    );
}

#[test]
fn attempts_have_their_offset_from_the_first_with_20_percent_jitter() {
    let rules = Rules::standard();
    let offsets = [
        1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0,
    ];
    for (tries, offset) in (1..).zip(offsets) {
        check(&rules, tries, offset);
    }
    assert_eq!(spread(&rules, 0), (0.0, 0.0));
}

#[test]
fn beyond_the_schedule_the_last_gap_repeats() {
    let rules = Rules::standard();
    check(&rules, 11, 64_800.0);
    check(&rules, 12, 86_400.0);
    check(&rules, 110, 21_600.0 * 102.0);
    // Nothing overflows.
    let far = rules.next_attempt(u32::MAX, FIRST, &mut Chance::from_seed([1; 32]));
    assert!(far > FIRST);
}

#[test]
fn a_schedule_without_offsets_still_pauses() {
    let rules = |schedule| Rules {
        schedule,
        ..Rules::standard()
    };
    check(&rules(vec![Duration::ZERO]), 1, 1.0);
    check(&rules(vec![Duration::ZERO]), 5, 5.0);
    check(&rules(vec![]), 1, 2.0);
}

#[test]
fn the_jitter_depends_on_the_seed() {
    let rules = Rules::standard();
    let draw = |seed| rules.next_attempt(5, FIRST, &mut Chance::from_seed([seed; 32]));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}
