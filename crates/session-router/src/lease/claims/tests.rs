use super::*;
use chat::time::Timestamp;

fn router(id: u64) -> Claims {
    Claims::new(LeaseOwner {
        since: Timestamp::from_micros(0),
        id,
        host: String::new(),
        data: String::new(),
        pid: 0,
    })
}

/// A bus that delivers every claim at once to the routers that are connected.
#[derive(Default)]
struct Bus {
    now: Duration,
    routers: Vec<(Claims, bool)>,
}

impl Bus {
    fn add(&mut self, id: u64) -> usize {
        self.routers.push((router(id), true));
        self.routers.len() - 1
    }

    fn send(&mut self, from: usize) {
        let now = self.now;
        let Some(claim) = self.routers[from].0.next(now) else {
            return;
        };
        let mut answers = Vec::new();
        for (nth, (claims, connected)) in self.routers.iter_mut().enumerate() {
            if *connected && claims.handle(&claim, now) {
                answers.push(nth);
            }
        }
        for nth in answers {
            self.send(nth);
        }
    }

    /// Lets every connected router renew its claim for this time.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            for nth in 0..self.routers.len() {
                if self.routers[nth].1 {
                    self.send(nth);
                }
            }
            self.check();
            self.now += RENEWAL;
        }
    }

    /// At most one router serves.
    fn check(&self) {
        let holding = (0..self.routers.len()).filter(|nth| self.holds(*nth));
        assert!(holding.count() <= 1, "{:?}", self.routers);
    }

    fn holds(&self, nth: usize) -> bool {
        let until = self.routers[nth].0.held_until();
        until.is_some_and(|until| self.now < until)
    }

    fn lost_to(&self, nth: usize) -> Option<u64> {
        self.routers[nth].0.lost_to().map(|owner| owner.id)
    }
}

const LONG: Duration = Duration::from_secs(3);

#[test]
fn a_router_that_is_alone_serves_after_the_wait_and_goes_on() {
    let mut bus = Bus::default();
    let one = bus.add(1);
    bus.run(RENEWAL * 6);
    assert!(!bus.holds(one));
    bus.run(2 * RENEWAL);
    assert!(bus.holds(one));
    bus.run(LONG);
    assert!(bus.holds(one));
}

#[test]
fn a_second_router_is_refused_whatever_its_number() {
    for (first, second) in [(1, 2), (2, 1)] {
        let mut bus = Bus::default();
        let one = bus.add(first);
        bus.run(LONG);
        let two = bus.add(second);
        bus.run(LONG);
        assert!(bus.holds(one));
        assert_eq!(bus.lost_to(two), Some(first));
    }
}

#[test]
fn of_routers_that_start_together_one_serves() {
    let mut bus = Bus::default();
    for id in [3, 1, 2] {
        bus.add(id);
    }
    bus.run(LONG);
    assert_eq!([0, 1, 2].map(|nth| bus.holds(nth)), [false, true, false]);
    assert_eq!(bus.lost_to(0), Some(1));
    assert_eq!(bus.lost_to(2), Some(1));
}

#[test]
fn a_paused_router_does_not_serve_after_another_took_over() {
    let mut bus = Bus::default();
    let one = bus.add(1);
    bus.run(LONG);
    bus.routers[one].1 = false;
    let two = bus.add(2);
    // It is still allowed to serve, and the other one waits longer than that.
    assert!(bus.holds(one));
    bus.run(LONG);
    assert!(bus.holds(two));
    bus.routers[one].1 = true;
    bus.run(RENEWAL);
    assert!(bus.holds(two));
    assert_eq!(bus.lost_to(one), Some(2));
}

#[test]
fn a_router_that_was_cut_off_serves_again_after_the_wait() {
    let mut bus = Bus::default();
    let one = bus.add(2);
    bus.run(LONG);
    bus.routers[one].1 = false;
    bus.run(LONG);
    assert!(!bus.holds(one));
    bus.routers[one].1 = true;
    bus.run(WAIT);
    assert!(!bus.holds(one));
    // A router that starts now has no precedence.
    let two = bus.add(1);
    bus.run(2 * RENEWAL);
    assert!(bus.holds(one));
    assert_eq!(bus.lost_to(two), Some(2));
}

#[test]
fn of_two_that_serve_the_earlier_one_stays() {
    let (mut one, mut two) = (router(1), router(2));
    for now in (0..20).map(|nth| RENEWAL * nth) {
        for claims in [&mut one, &mut two] {
            let own = claims.next(now).unwrap();
            assert!(!claims.handle(&own, now));
        }
    }
    let now = RENEWAL * 20;
    assert!(one.handle(&two.next(now).unwrap(), now));
    assert!(!two.handle(&one.next(now).unwrap(), now));
    assert_eq!(two.lost_to().map(|owner| owner.id), Some(1));
    assert!(two.held_until().is_none() && two.next(now).is_none());
}

#[test]
fn claims_that_return_late_prove_nothing() {
    let mut claims = router(1);
    let late: Vec<_> = (0..10)
        .filter_map(|nth| claims.next(RENEWAL * nth))
        .collect();
    for claim in late {
        assert!(!claims.handle(&claim, LONG));
    }
    assert!(claims.held_until().is_none());
}
