//! The owner's end of the socket: each client is served on a thread of its own by the same function that carries an ask
//! out without a socket.

use super::protocol::{Ask, Told, receive, send};
use super::{input, socket, work};
use crate::house::House;
use anyhow::Context;
use base::StopFlag;
use std::io::BufReader;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Clients at once; more are told to come later.
const CLIENTS_MAX: usize = 16;
/// How long a client may take to send its ask.
const ASK_SECONDS_MAX: u64 = 10;

pub struct Listener {
    house: Arc<House>,
    state: Arc<State>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    stopping: StopFlag,
    clients: AtomicUsize,
    /// The flags of the asks at work, raised when the owner stops.
    stops: Mutex<Vec<StopFlag>>,
}

impl Listener {
    pub fn start(house: Arc<House>) -> anyhow::Result<Listener> {
        let socket = socket::listen(&house.dir)?;
        let state = Arc::new(State::default());
        let (of_thread, served) = (state.clone(), house.clone());
        let thread = std::thread::Builder::new()
            .name("owner".to_owned())
            .spawn(move || accept(&socket, &served, &of_thread))
            .context("the thread of the owner's socket could not be started")?;
        Ok(Listener { house, state, thread })
    }

    /// Takes no more clients, stops what they have asked for and waits for its end.
    pub fn stop(self) {
        self.state.stopping.raise();
        // Wakes the thread that waits for a client.
        if let Err(error) = socket::connect(&self.house.dir) {
            tracing::warn!(reason = %error, "the owner's socket does not answer");
        }
        socket::remove(&self.house.dir);
        for stop in self.state.stops.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            stop.raise();
        }
        if self.thread.join().is_err() {
            tracing::error!("the thread of the owner's socket ended in a panic");
        }
        while self.state.clients.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn accept(socket: &UnixListener, house: &Arc<House>, state: &Arc<State>) {
    for client in socket.incoming() {
        if state.stopping.is_raised() {
            return;
        }
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(reason = %error, "a client of the owner's socket could not be taken");
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        let leave = Leave(state.clone());
        if state.clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS_MAX {
            let text = format!("{CLIENTS_MAX} commands are at work on this folder; try again later");
            let _ = send(&mut &client, &Told::Failed(text));
            continue;
        }
        let house = house.clone();
        std::thread::spawn(move || {
            if let Err(error) = serve(&client, &house, &leave.0) {
                tracing::warn!(reason = %error, "a command on the owner's socket ended early");
            }
            let _ = client.shutdown(Shutdown::Both);
        });
    }
}

/// Counts a client off, also if its thread panics.
struct Leave(Arc<State>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(client: &UnixStream, house: &House, state: &State) -> anyhow::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(ASK_SECONDS_MAX)))?;
    let mut reader = BufReader::new(client.try_clone()?);
    let Some(ask) = receive::<Ask>(&mut reader)? else { return Ok(()) };
    client.set_read_timeout(None)?;
    let stop = StopFlag::default();
    state.stops.lock().unwrap_or_else(PoisonError::into_inner).push(stop.clone());
    if state.stopping.is_raised() {
        stop.raise();
    }
    let input = input::follow(reader, stop.clone());
    let writer = Mutex::new(client);
    let tell = |told: Told| {
        let mut to = *writer.lock().unwrap_or_else(PoisonError::into_inner);
        // A client that has left is noticed by its reader, which raises the stop flag.
        let _ = send(&mut to, &told);
    };
    let told = match work::carry_out(house, &ask, Box::new(input), &stop, &tell) {
        Ok(value) => Told::Done(value),
        Err(error) => Told::Failed(format!("{error:#}")),
    };
    tell(told);
    Ok(())
}
