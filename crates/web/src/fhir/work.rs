//! Work on the record: on a thread that may wait, ended when the client leaves; what takes microseconds on the event
//! loop, where it costs less than the way to a thread and back. Panics are caught in both places.

use crate::App;
use crate::answer::defect;
use base::limits::SHORT_SEARCH_MILLIS_MAX;
use base::{Cx, Deadline, Kind, Result, StopFlag, Stopwatch};
use fhir::TypeId;
use runtime::record::{Answer, Plan, answers, plan_again};
use std::collections::hash_map::DefaultHasher;
use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Ends the work of a request whose future is dropped: the client left.
pub struct StopWhenLeft(pub StopFlag);

impl Drop for StopWhenLeft {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// Carries `work` out on a thread that may wait. The stop flag is this call's own, so that its end stops no other.
pub async fn blocking<T: Send + 'static>(cx: &Cx, work: impl FnOnce(&Cx) -> T + Send + 'static) -> Result<T> {
    let cx = Cx { stop: StopFlag::default(), ..cx.clone() };
    let _stop = StopWhenLeft(cx.stop.clone());
    tokio::task::spawn_blocking(move || work(&cx)).await.map_err(|_| defect())
}

/// How much work a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// A small body and no search.
    Light,
    Heavy,
}

/// Bytes of a body whose parsing and preparing is light.
const LIGHT_BYTES_MAX: usize = 16 << 10;

impl Weight {
    pub fn of_body(bytes: &[u8]) -> Weight {
        if bytes.len() <= LIGHT_BYTES_MAX { Weight::Light } else { Weight::Heavy }
    }
}

/// Carries `work` out where it belongs.
pub async fn run<T: Send + 'static>(
    cx: &Cx,
    weight: Weight,
    work: impl FnOnce(&Cx) -> T + Send + 'static,
) -> Result<T> {
    match weight {
        Weight::Light => catch_unwind(AssertUnwindSafe(|| work(cx))).map_err(|_| defect()),
        Weight::Heavy => blocking(cx, work).await,
    }
}

/// Carries out a search or history when the turn of its account comes.
pub async fn searching<T: Send + 'static>(
    app: &App,
    cx: &Cx,
    work: impl FnOnce(&Cx) -> Result<T> + Send + 'static,
) -> Result<T> {
    let place = app.searches.place(cx.who.account).await?;
    // The place is held until the thread has ended, also where the caller has left.
    blocking(cx, move |cx| {
        let _place = place;
        work(cx)
    })
    .await?
}

/// The same for what is mostly short: where its like was short the last time, it is tried on the event loop first.
/// There it has `SHORT_SEARCH_MILLIS_MAX`; what takes longer starts again on a thread.
pub async fn mostly_short<T: Send + 'static>(
    app: &App,
    cx: &Cx,
    like: u64,
    work: impl Fn(&Cx) -> Result<T> + Send + 'static,
) -> Result<T> {
    if app.pasts.was_short(like) {
        let deadline = Some(Deadline::after(SHORT));
        let brief = Cx { deadline, stop: StopFlag::default(), ..cx.clone() };
        let watch = Stopwatch::start();
        let done = catch_unwind(AssertUnwindSafe(|| work(&brief))).map_err(|_| defect())?;
        app.pasts.note(like, watch.elapsed());
        if !done.as_ref().is_err_and(|error| error.kind == Kind::TooCostly) {
            return done;
        }
        app.pasts.note(like, SHORT);
    }
    let place = app.searches.place(cx.who.account).await?;
    let (took, done) = blocking(cx, move |cx| {
        let _place = place;
        let watch = Stopwatch::start();
        let done = work(cx);
        (watch.elapsed(), done)
    })
    .await?;
    app.pasts.note(like, took);
    done
}

const SHORT: Duration = Duration::from_millis(SHORT_SEARCH_MILLIS_MAX);

/// How long searches took the last time, by what they are like: a type and the names of the parameters. A guess only:
/// where it is wrong, a short search takes a thread, or a long one is begun twice.
pub struct Pasts(Vec<AtomicU32>);

/// More kinds of searches than one city asks; two that share a place disturb each other's guess.
const PASTS: u64 = 4096;

impl Default for Pasts {
    fn default() -> Pasts {
        Pasts((0..PASTS).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Pasts {
    fn at(&self, like: u64) -> &AtomicU32 {
        &self.0[usize::try_from(like % PASTS).unwrap_or(0)]
    }

    fn was_short(&self, like: u64) -> bool {
        u128::from(self.at(like).load(Ordering::Relaxed)) * 2 < SHORT.as_micros()
    }

    fn note(&self, like: u64, took: Duration) {
        self.at(like).store(u32::try_from(took.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}

/// A number that searches of one kind share.
pub fn like(what: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(what)
}

/// Changes of the same thing wait for each other here rather than meet in the store and be planned again and again.
/// It keeps order within this process; across processes the store's checks decide.
pub struct Turns(Vec<Mutex<()>>);

/// More places than changes at once, so that unrelated changes hardly ever share one.
const TURNS: usize = 4096;

impl Default for Turns {
    fn default() -> Turns {
        Turns((0..TURNS).map(|_| Mutex::new(())).collect())
    }
}

impl Turns {
    async fn of(&self, key: &impl Hash) -> MutexGuard<'_, ()> {
        self.0[usize::try_from(like(key) % TURNS as u64).unwrap_or(0)].lock().await
    }
}

/// Plans and writes a change, and awaits the commit without holding a thread; plans again on a conflict. `same` names
/// what is changed, a type with an id or a condition; none for a new thing.
pub async fn commit(
    app: &App,
    cx: &Cx,
    same: Option<(TypeId, &str)>,
    weight: Weight,
    mut plan: impl FnMut(&Cx) -> Result<Plan> + Send + 'static,
) -> Result<Vec<Answer>> {
    let _turn = match &same {
        Some(same) => Some(app.turns.of(same).await),
        None => None,
    };
    let mut rounds = 0;
    loop {
        let store = app.store.clone();
        let (again, begun) = run(cx, weight, move |cx| {
            let begun = plan(cx).and_then(|Plan { batch, changes }| {
                let receipt = if batch.writes.is_empty() { None } else { Some(store.submit(cx, batch)?) };
                Ok((changes, receipt))
            });
            (plan, begun)
        })
        .await?;
        plan = again;
        let ended: Result<Vec<Answer>> = match begun {
            Ok((changes, None)) => return answers(changes, &[]),
            Ok((changes, Some(receipt))) => receipt.await.and_then(|done| answers(changes, &done.written)),
            Err(error) => Err(error),
        };
        match ended {
            Err(error) if plan_again(&error, rounds) => rounds += 1,
            ended => return ended,
        }
    }
}
