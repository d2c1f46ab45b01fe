//! Places for the searches that may take long: a few at work at once, handed out to the accounts in turns, so that one
//! caller with many expensive searches keeps nobody else waiting for more than one of them.

use base::limits::{REQUEST_SECONDS_MAX, SEARCHES_MAX, SEARCHES_OF_ONE_MAX, SEARCHES_WAITING_OF_ONE_MAX};
use base::{Error, Result};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot::{self, Sender};
use tokio::time::timeout;

/// All places and who waits for one. Clones share them.
#[derive(Clone)]
pub struct Lanes(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// Places that an account holds; an account without one is not listed.
    held: HashMap<i64, usize>,
    /// A line for each account that waits; the first has the next turn.
    lines: VecDeque<Line>,
}

struct Line {
    account: i64,
    waiting: VecDeque<Sender<Place>>,
}

/// A place, held until it is dropped.
pub struct Place {
    lanes: Lanes,
    account: i64,
    /// It was given to somebody who had left.
    returned: bool,
}

impl Default for Lanes {
    fn default() -> Lanes {
        Lanes(Arc::new(Mutex::new(State { free: SEARCHES_MAX, held: HashMap::new(), lines: VecDeque::new() })))
    }
}

impl Lanes {
    /// A place for this account, when its turn comes.
    pub async fn place(&self, account: i64) -> Result<Place> {
        let waiting = {
            let mut state = self.state();
            if state.line(account).is_none() && state.may_take(account) {
                return Ok(self.taken(&mut state, account));
            }
            let (sender, receiver) = oneshot::channel();
            state.wait(account, sender)?;
            receiver
        };
        match timeout(Duration::from_secs(REQUEST_SECONDS_MAX), waiting).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Error::busy("too many searches are at work; send this one again in a moment")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self, state: &mut State, account: i64) -> Place {
        state.free -= 1;
        *state.held.entry(account).or_default() += 1;
        Place { lanes: self.clone(), account, returned: false }
    }

    /// Takes a place back and gives what is free to the lines in turn.
    fn give_back(&self, account: i64) {
        let state = &mut *self.state();
        state.put_back(account);
        while let Some((account, sender)) = state.next() {
            let place = self.taken(state, account);
            if let Err(mut place) = sender.send(place) {
                place.returned = true;
                state.put_back(account);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.returned {
            self.lanes.give_back(self.account);
        }
    }
}

impl State {
    fn may_take(&self, account: i64) -> bool {
        self.free > 0 && self.held.get(&account).is_none_or(|held| *held < SEARCHES_OF_ONE_MAX)
    }

    fn line(&mut self, account: i64) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.account == account)
    }

    fn wait(&mut self, account: i64, sender: Sender<Place>) -> Result<()> {
        let Some(line) = self.line(account) else {
            self.lines.push_back(Line { account, waiting: [sender].into() });
            return Ok(());
        };
        // Who has left waits no more.
        line.waiting.retain(|sender| !sender.is_closed());
        if line.waiting.len() >= SEARCHES_WAITING_OF_ONE_MAX {
            return Err(Error::busy(format!(
                "this account has `{SEARCHES_WAITING_OF_ONE_MAX}` searches waiting already; send fewer at once, or this one \
                 again in a moment"
            )));
        }
        line.waiting.push_back(sender);
        Ok(())
    }

    fn put_back(&mut self, account: i64) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&account) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&account);
            }
        }
    }

    /// Whose turn it is, while there is a place for one of them.
    fn next(&mut self) -> Option<(i64, Sender<Place>)> {
        let nth = (0..self.lines.len()).find(|&nth| self.may_take(self.lines[nth].account))?;
        let mut line = self.lines.remove(nth)?;
        let sender = line.waiting.pop_front()?;
        let account = line.account;
        if !line.waiting.is_empty() {
            self.lines.push_back(line);
        }
        Some((account, sender))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Looks once whether a place is there.
    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    fn inside(test: impl FnOnce(&Lanes)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { test(&Lanes::default()) });
    }

    #[test]
    fn one_account_leaves_places_to_others() {
        inside(|lanes| {
            let take = |account| poll(pin!(lanes.place(account))).map(Result::unwrap);
            let held: Vec<Place> = (0..SEARCHES_OF_ONE_MAX).map(|_| take(1).unwrap()).collect();
            assert!(take(1).is_none(), "its share is taken");
            assert!(take(2).is_some(), "another one's is not");
            drop(held);
            assert!(take(1).is_some());
        });
    }

    #[test]
    fn lines_are_served_in_turn() {
        inside(|lanes| {
            let take = |account| poll(pin!(lanes.place(account))).map(Result::unwrap);
            let mut held: Vec<Place> = (0..SEARCHES_MAX).filter_map(|nth| take(10 + nth as i64)).collect();
            assert_eq!(held.len(), SEARCHES_MAX);
            // Account 1 came first, twenty times; 2 once.
            let mut many: Vec<_> = (0..20).map(|_| Box::pin(lanes.place(1))).collect();
            assert!(many.iter_mut().all(|one| poll(one.as_mut()).is_none()));
            let mut one = Box::pin(lanes.place(2));
            assert!(poll(one.as_mut()).is_none());
            held.pop();
            let first = poll(many[0].as_mut()).unwrap().unwrap();
            held.pop();
            assert!(poll(one.as_mut()).is_some(), "the second turn is of the second account");
            assert!(poll(many[1].as_mut()).is_some(), "which has left again");
            drop(first);
        });
    }

    #[test]
    fn a_line_has_an_end_and_who_leaves_makes_room() {
        inside(|lanes| {
            let held: Vec<Place> =
                (0..SEARCHES_OF_ONE_MAX).map(|_| poll(pin!(lanes.place(1))).unwrap().unwrap()).collect();
            let mut line: Vec<_> = (0..SEARCHES_WAITING_OF_ONE_MAX).map(|_| Box::pin(lanes.place(1))).collect();
            assert!(line.iter_mut().all(|one| poll(one.as_mut()).is_none()));
            let refused = poll(pin!(lanes.place(1))).unwrap().err().unwrap();
            assert_eq!(refused.kind, base::Kind::Busy);
            line.truncate(1);
            assert!(poll(pin!(lanes.place(1))).is_none(), "there is room again");
            drop(held);
            assert!(poll(line[0].as_mut()).is_some());
        });
    }
}
