//! Paced time, and deadlines that do not follow it.

use base::clock::PACE_MAX;
use base::{Clock, Course, Cx, Deadline, Kind, Paced};
use std::sync::Arc;
use std::time::Duration;

const START: i64 = 1_780_000_000_000;
const END: i64 = START + 86_400_000;

fn clock(pace: u32, paused: bool) -> Arc<Paced> {
    Arc::new(Paced::new(Course { now: START, pace, paused, until: END }))
}

/// Waits until a condition holds; a machine under load only takes longer.
fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never held");
}

#[test]
fn a_paused_clock_stands_and_goes_on_where_it_stood() {
    let paced = clock(3_600, true);
    let shown = Clock::Paced(paced.clone());
    assert_eq!(shown.now(), START);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(shown.now(), START);
    paced.steer(None, Some(false));
    until(|| shown.now() > START + 60_000);
    let stood = paced.steer(None, Some(true)).now;
    assert!(stood > START + 60_000);
    assert_eq!(shown.now(), stood);
}

#[test]
fn a_change_of_pace_does_not_move_the_hand() {
    let paced = clock(1, true);
    assert_eq!(paced.steer(Some(60), None), Course { now: START, pace: 60, paused: true, until: END });
    // A pace outside its bounds is taken as the nearest one inside.
    assert_eq!(paced.steer(Some(0), None).pace, 1);
    assert_eq!(paced.steer(Some(PACE_MAX + 1), None).pace, PACE_MAX);
}

#[test]
fn the_hand_moves_forward_only_and_never_past_the_end() {
    let paced = clock(60, true);
    paced.move_to(START + 5_000);
    paced.move_to(START);
    assert_eq!(paced.course().now, START + 5_000);
    paced.move_to(END + 5_000);
    paced.steer(Some(PACE_MAX), Some(false));
    assert_eq!(paced.course().now, END);
}

#[test]
fn a_deadline_does_not_follow_the_clock_of_the_record() {
    let paced = clock(PACE_MAX, false);
    let deadline = Some(Deadline::after(Duration::from_secs(60)));
    let cx = Cx { clock: Clock::Paced(paced.clone()), deadline, ..Cx::platform() };
    paced.move_to(END);
    assert_eq!(cx.now(), END);
    cx.go_on().unwrap();
    let cx = Cx { deadline: Some(Deadline::after(Duration::ZERO)), ..cx };
    until(|| cx.go_on().is_err());
    assert_eq!(cx.go_on().unwrap_err().kind, Kind::TooCostly);
}
