//! The only place that reads the machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Where `Cx` takes the time from: the machine, a hand set by a test, or the paced time of a demonstration.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Set(Arc<AtomicI64>),
    Paced(Arc<Paced>),
}

impl Clock {
    /// A clock that stands at `at` until it is moved.
    pub fn fixed(at: Millis) -> Clock {
        Clock::Set(Arc::new(AtomicI64::new(at)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn now(&self) -> Millis {
        match self {
            Clock::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
            },
            Clock::Set(hand) => hand.load(Ordering::Relaxed),
            Clock::Paced(paced) => paced.course().now,
        }
    }

    /// The paced clock, where time is paced.
    pub fn paced(&self) -> Option<&Arc<Paced>> {
        match self {
            Clock::Paced(paced) => Some(paced),
            Clock::System | Clock::Set(_) => None,
        }
    }
}

/// How many times faster than the machine's clock a paced one runs at most.
pub const PACE_MAX: u32 = 3_600;

/// A clock that runs `pace` times as fast as the machine's, can be paused, and stops at an end. It never runs backwards
/// and does not follow the machine's clock when that is set.
#[derive(Debug)]
pub struct Paced(Mutex<Leg>);

/// A stretch of time at one pace.
#[derive(Debug)]
struct Leg {
    from: Millis,
    since: Instant,
    pace: u32,
    paused: bool,
    until: Millis,
}

/// How a paced clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    pub now: Millis,
    /// 1 to `PACE_MAX`.
    pub pace: u32,
    pub paused: bool,
    /// Where the clock stops.
    pub until: Millis,
}

impl Paced {
    /// A clock on its course. A pace outside its bounds becomes the nearest one inside.
    pub fn new(course: Course) -> Paced {
        Paced(Mutex::new(Leg::begin(course)))
    }

    pub fn course(&self) -> Course {
        self.leg().course()
    }

    /// Changes the pace, or pauses, or goes on, from now; gives the new course.
    pub fn steer(&self, pace: Option<u32>, paused: Option<bool>) -> Course {
        let mut leg = self.leg();
        let course = leg.course();
        let (pace, paused) = (pace.unwrap_or(course.pace), paused.unwrap_or(course.paused));
        *leg = Leg::begin(Course { pace, paused, ..course });
        leg.course()
    }

    /// Moves the hand forward; an earlier instant changes nothing.
    pub fn move_to(&self, at: Millis) {
        let mut leg = self.leg();
        let course = leg.course();
        *leg = Leg::begin(Course { now: course.now.max(at), ..course });
    }

    fn leg(&self) -> MutexGuard<'_, Leg> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leg {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    fn begin(course: Course) -> Leg {
        let Course { now, pace, paused, until } = course;
        Leg { from: now.min(until), since: Instant::now(), pace: pace.clamp(1, PACE_MAX), paused, until }
    }

    fn course(&self) -> Course {
        let passed = if self.paused { Duration::ZERO } else { self.since.elapsed() };
        let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX).saturating_mul(i64::from(self.pace));
        let now = self.from.saturating_add(passed).min(self.until);
        Course { now, pace: self.pace, paused: self.paused, until: self.until }
    }
}

/// When work is given up. It stands on the machine's running time, whatever the clock of the record shows.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn after(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn is_over(&self) -> bool {
        Instant::now() > self.0
    }

    /// How long there is until then.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Measures how long something took, for metrics and progress; never for decisions about the record.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
