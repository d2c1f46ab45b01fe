//! Live updates: sums that miss nothing, for readers that come, stay away and come back.

use crate::harness::{House, house};
use fhir::r4;
use runtime::live::{Event, Live, SUBSCRIBERS_MAX, Shows, Subscription};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

const ALL: Shows = Shows { counts: true, imports: true };

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for the next news of a subscription.
fn next(subscription: &Subscription) -> Option<Vec<Event>> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match subscription.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(events) => return events,
            Poll::Pending => thread::park_timeout(Duration::from_secs(20)),
        }
    }
}

/// The changes of Patients summed until the subscription has seen `position`.
fn patients_until(subscription: &Subscription, position: u64) -> u64 {
    let patient = r4().type_named("Patient").unwrap();
    let mut sum = 0;
    loop {
        for event in next(subscription).expect("the stream goes on") {
            let Event::Feed { position: at, changes } = event else { continue };
            sum += changes.iter().filter(|(type_, _)| *type_ == patient).map(|(_, count)| count).sum::<u64>();
            if at >= position {
                return sum;
            }
        }
    }
}

fn register(house: &House, from: u32, to: u32) {
    for nth in from..to {
        house.register(&format!("p{nth}"), "", "张", "伟", "");
    }
}

#[test]
fn a_reader_that_comes_back_gets_the_sum_of_what_it_missed() {
    let house = house();
    register(&house, 0, 3);
    let known = house.store.position();
    register(&house, 3, 8);
    let live = Live::start(house.store.clone(), house.cx()).unwrap();
    let subscription = live.subscribe(Some(known), ALL).unwrap();
    register(&house, 8, 10);
    assert_eq!(patients_until(&subscription, house.store.position()), 7);
    let fresh = live.subscribe(None, ALL).unwrap();
    let first = next(&fresh).unwrap();
    assert!(matches!(&first[..], [Event::Feed { changes, .. }] if changes.is_empty()));
    // A position that this record has not reached yet (a restored backup) is the present.
    let ahead = live.subscribe(Some(u64::MAX), ALL).unwrap();
    assert!(matches!(&next(&ahead).unwrap()[..], [Event::Feed { position, .. }] if *position < u64::MAX));
    live.stop();
    assert!(next(&subscription).is_none());
}

#[test]
fn a_reader_without_counts_is_told_only_that_something_changed() {
    let house = house();
    let live = Live::start(house.store.clone(), house.cx()).unwrap();
    let subscription = live.subscribe(Some(0), Shows { counts: false, imports: false }).unwrap();
    register(&house, 0, 2);
    assert_eq!(patients_until(&subscription, house.store.position()), 0);
    live.stop();
}

#[test]
fn streams_are_bounded_and_given_back() {
    let house = house();
    let live = Live::start(house.store.clone(), house.cx()).unwrap();
    let mut held: Vec<_> = (0..SUBSCRIBERS_MAX).map(|_| live.subscribe(None, ALL).unwrap()).collect();
    assert_eq!(live.subscribe(None, ALL).map(|_| ()).unwrap_err().kind, base::Kind::Busy);
    held.pop();
    live.subscribe(None, ALL).unwrap();
    live.stop();
}
