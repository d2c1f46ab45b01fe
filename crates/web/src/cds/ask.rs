//! A question for cards, answered in time: what is not ready after `HOOK_MILLIS_MAX` is answered "not known", and the
//! work is stopped. Cards that were not shown before are recorded in one batch.

use crate::App;
use crate::answer::defect;
use crate::fhir::{Lanes, StopWhenLeft};
use base::limits::{HOOK_MILLIS_MAX, REPLANS_MAX, SHORT_SEARCH_MILLIS_MAX};
use base::{Cx, Deadline, Error, Kind, Result, StopFlag};
use runtime::cards::{self, Answer, Asked, Asking, Hook, Links, ORDERS_MAX, Question, Remark, Shown};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use std::time::Duration;
use store::Receipt;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Questions at work at once that are expected to be short, for each processor. More would only take turns on it, and none
/// of them would be done in its time.
const SHORT_OF_PROCESSOR: usize = 2;
/// Questions that are at work as short ones or wait for it; more go with the long ones, where the accounts take turns.
const SHORT_LINE_MAX: usize = 64;
/// Milliseconds for which a question waits for its turn among the short ones. A slow disk may hold up those at work, which no
/// deadline ends; then it goes with the long ones.
const SHORT_LINE_MILLIS_MAX: u64 = 100;

/// Places for questions, and the key of the viewer's links.
pub struct Hooks {
    short: Arc<Semaphore>,
    short_line: Arc<Semaphore>,
    /// Long ones: few at once, the accounts in turns.
    long: Lanes,
    links: OnceLock<Links>,
}

/// What is told the one who asked.
#[derive(Default)]
pub struct Told {
    pub cards: Vec<Shown>,
    pub remarks: Vec<Remark>,
    /// Whether the cards are in the record, so that their outcome can be told.
    pub recorded: bool,
}

impl Default for Hooks {
    fn default() -> Hooks {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Hooks {
            short: Arc::new(Semaphore::new(processors * SHORT_OF_PROCESSOR)),
            short_line: Arc::new(Semaphore::new(SHORT_LINE_MAX)),
            long: Lanes::default(),
            links: OnceLock::new(),
        }
    }
}

impl Hooks {
    /// What links to the viewer are signed with.
    pub async fn links(&self, app: &App) -> Result<&Links> {
        if let Some(links) = self.links.get() {
            return Ok(links);
        }
        let store = app.store.clone();
        let cx = Cx { dice: app.settings.dice.clone(), ..Cx::platform() };
        let links = spawn_blocking(move || Links::open(&cx, &store)).await.map_err(|_| defect())??;
        Ok(self.links.get_or_init(|| links))
    }
}

/// Asks the sources. Errors are those of the question: a malformed one, an unknown patient, a role that may not ask.
pub async fn ask(app: &App, cx: &Cx, question: Question) -> Result<Told> {
    let budget = Duration::from_millis(HOOK_MILLIS_MAX);
    let deadline = Deadline::after(budget);
    let cx = Cx { deadline: Some(deadline), stop: StopFlag::default(), ..cx.clone() };
    let _stop = StopWhenLeft(cx.stop.clone());
    let not_looked_at = question.orders.len().saturating_sub(ORDERS_MAX);
    let question = Arc::new(question);
    let mut told = match timeout(budget, made(app, &cx, &question)).await {
        Ok(Ok(Made::Differs(differs))) => {
            app.metrics.cards.other_identity.fetch_add(1, Relaxed);
            return Ok(Told { remarks: vec![Remark::OtherIdentity(differs)], ..Told::default() });
        }
        Ok(Ok(Made::Answer(asked, answer, receipt))) => {
            let recorded = recorded(app, &cx, deadline, &asked, receipt).await;
            tell(app, &cx, &asked, answer, recorded)
        }
        Ok(Err(error)) if !matches!(error.kind, Kind::Busy | Kind::TooCostly | Kind::Fault) => return Err(error),
        Ok(Err(error)) => not_known(app, &cx, question.hook, error.kind.name()),
        Err(_) => not_known(app, &cx, question.hook, "late"),
    };
    if not_looked_at > 0 {
        told.remarks.push(Remark::NotLookedAt(not_looked_at));
    }
    Ok(told)
}

enum Made {
    Differs(cards::Differs),
    /// What was asked, what is answered, and what is on its way into the record.
    Answer(Arc<Asked>, Answer, Option<Result<Receipt>>),
}

/// The answer, from a thread that may wait. It is tried as short work first, which finds a reader of the store also while
/// long searches hold most of them; what takes longer starts again when the turn of its account comes.
async fn made(app: &App, cx: &Cx, question: &Arc<Question>) -> Result<Made> {
    if let Some(made) = made_shortly(app, cx, question).await? {
        return Ok(made);
    }
    let place = app.hooks.long.place(cx.who.account).await?;
    work(app, cx.clone(), question, place).await
}

/// None where it is not short, or too many wait already, or its turn does not come. The time for it begins when it has a place.
async fn made_shortly(app: &App, cx: &Cx, question: &Arc<Question>) -> Result<Option<Made>> {
    let Ok(in_line) = app.hooks.short_line.clone().try_acquire_owned() else { return Ok(None) };
    let turn = app.hooks.short.clone().acquire_owned();
    let Ok(place) = timeout(Duration::from_millis(SHORT_LINE_MILLIS_MAX), turn).await else { return Ok(None) };
    let place = place.map_err(|_| defect())?;
    let brief = Cx { deadline: Some(Deadline::after(Duration::from_millis(SHORT_SEARCH_MILLIS_MAX))), ..cx.clone() };
    match work(app, brief, question, (place, in_line)).await {
        Err(error) if error.kind == Kind::TooCostly => Ok(None),
        made => made.map(Some),
    }
}

/// Makes the answer on another thread; `place` is held until it is there.
async fn work(app: &App, cx: Cx, question: &Arc<Question>, place: impl Send + 'static) -> Result<Made> {
    let (app, question) = (app.clone(), question.clone());
    let made = spawn_blocking(move || {
        let _place = place;
        make(&app, &cx, &question)
    });
    made.await.map_err(|_| defect())?
}

fn make(app: &App, cx: &Cx, question: &Question) -> Result<Made> {
    let work = || match cards::ask(cx, &app.env, question)? {
        Asking::Differs(differs) => Ok(Made::Differs(differs)),
        Asking::Asked(asked) => {
            let mut answer = cards::answer(cx, &app.env, &app.card_sources, &asked)?;
            // What nobody waits for any more is not shown, so it is not recorded.
            if cx.stop.is_raised() {
                return Err(Error::busy("the question was given up"));
            }
            let receipt = submitted(app, cx, &mut answer);
            Ok(Made::Answer(asked.into(), answer, receipt))
        }
    };
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| defect())?
}

fn submitted(app: &App, cx: &Cx, answer: &mut Answer) -> Option<Result<Receipt>> {
    let batch = std::mem::take(&mut answer.batch);
    (!batch.writes.is_empty()).then(|| app.store.submit(cx, batch))
}

/// Awaits that the cards are in the record, as long as there is time; what is on its way then comes there by itself.
/// Somebody who asked the same at the same moment may have been faster: then the rest is recorded again. False where the
/// record takes nothing now: the cards are shown all the same.
async fn recorded(app: &App, cx: &Cx, deadline: Deadline, asked: &Arc<Asked>, first: Option<Result<Receipt>>) -> bool {
    let mut receipt = first;
    for _ in 0..REPLANS_MAX {
        let written = match receipt {
            None => return true,
            Some(Ok(receipt)) => match timeout(deadline.left(), receipt).await {
                Err(_) => return true,
                Ok(written) => written.map(|_| ()),
            },
            Some(Err(error)) => Err(error),
        };
        match written {
            Ok(()) => return true,
            Err(error) if matches!(error.kind, Kind::Conflict | Kind::Precondition) => {}
            Err(_) => break,
        }
        let (again, cx, asked) = (app.clone(), cx.clone(), asked.clone());
        let planned = spawn_blocking(move || {
            let mut answer = cards::answer(&cx, &again.env, &again.card_sources, &asked)?;
            Ok::<_, Error>(submitted(&again, &cx, &mut answer))
        });
        receipt = match timeout(deadline.left(), planned).await {
            Ok(Ok(Ok(receipt))) => receipt,
            _ => break,
        };
    }
    app.metrics.cards.unrecorded.fetch_add(1, Relaxed);
    tracing::warn!("cards were shown that the record could not take");
    false
}

fn tell(app: &App, cx: &Cx, asked: &Asked, answer: Answer, recorded: bool) -> Told {
    app.card_counts.answered(cx, &app.store, asked, &answer, &names(app, asked.hook));
    app.metrics.cards.shown.fetch_add(answer.cards.len() as u64, Relaxed);
    let mut remarks = Vec::new();
    if !answer.failed.is_empty() {
        app.metrics.cards.not_known.fetch_add(1, Relaxed);
        remarks.push(Remark::Failed(answer.failed.iter().map(|source| source.title).collect()));
    }
    if answer.left_out > 0 {
        remarks.push(Remark::LeftOut(answer.left_out));
    }
    Told { cards: answer.cards, remarks, recorded }
}

fn not_known(app: &App, cx: &Cx, hook: Hook, why: &str) -> Told {
    tracing::warn!(why, account = cx.who.account, "a question for cards was answered `not known`");
    app.metrics.cards.not_known.fetch_add(1, Relaxed);
    app.card_counts.late(cx, &app.store, &names(app, hook), cx.who.scope.as_deref());
    Told { remarks: vec![Remark::NotKnown], ..Told::default() }
}

/// The sources that answer for a hook.
fn names(app: &App, hook: Hook) -> Vec<&'static str> {
    app.card_sources.iter().filter(|source| source.hooks.contains(&hook)).map(|source| source.name).collect()
}

/// An error where a patient is not known: the service lacks what it needs (CDS Hooks says 412).
pub fn unknown_patient(error: Error) -> Error {
    match error.kind {
        Kind::NotFound => Error { kind: Kind::Precondition, ..error },
        _ => error,
    }
}
