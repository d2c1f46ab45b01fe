//! What `submit` gives back: it is waited for by a thread or awaited by the edge.

use crate::model::Done;
use base::{Error, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The promise of an answer to one batch.
pub struct Receipt(Arc<Slot>);

/// The writer's end of a receipt. Dropped without an answer it says that the writer has ended.
pub(crate) struct Reply(Option<Arc<Slot>>);

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    answer: Option<Result<Done>>,
    waker: Option<Waker>,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn receipt() -> (Reply, Receipt) {
    let slot = Arc::new(Slot::default());
    (Reply(Some(slot.clone())), Receipt(slot))
}

impl Receipt {
    /// Waits for the commit on this thread.
    pub fn wait(self) -> Result<Done> {
        let mut state = self.0.state();
        loop {
            match state.answer.take() {
                Some(answer) => return answer,
                None => state = self.0.answered.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Future for Receipt {
    type Output = Result<Done>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Done>> {
        let mut state = self.0.state();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Reply {
    pub fn answer(mut self, answer: Result<Done>) {
        if let Some(slot) = self.0.take() {
            give(&slot, answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            give(&slot, Err(Error::busy("the server is stopping; this write was not carried out, send it again")));
        }
    }
}

fn give(slot: &Slot, answer: Result<Done>) {
    let waker = {
        let mut state = slot.state();
        state.answer = Some(answer);
        state.waker.take()
    };
    slot.answered.notify_all();
    if let Some(waker) = waker {
        waker.wake();
    }
}
