//! The server: opens what it stands on, takes connections until it is told to stop, and closes everything in order.

mod connection;
mod listen;
pub mod signal;
mod tls;

use crate::house::{House, Taken};
use crate::owner::Listener;
use crate::settings::Settings;
use anyhow::{Context, bail};
use base::{Dice, StopFlag};
use runtime::cards::CountsKeeper;
use runtime::imports::{ImportSettings, Imports};
use runtime::live::Live;
use runtime::parameters::Indexing;
use runtime::reactions::Runner;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use web::{App, DemoAccount};

/// Bytes of one upload through the console.
const UPLOAD_BYTES_MAX: u64 = 64 << 30;
/// Threads for requests that wait for the disk.
const BLOCKING_THREADS_MAX: usize = 64;
/// How often, and with which pause, a folder is tried that a short command still owns.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that is bound and may be served, and a folder that is open.
pub struct Ready {
    pub house: House,
    socket: TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
}

/// Binds the address and opens the folder.
pub fn prepare(dir: &Path, mut settings: Settings) -> anyhow::Result<Ready> {
    let is_loopback = settings.listen.ip().to_canonical().is_loopback();
    if settings.tls.is_none() && !settings.plain && !is_loopback {
        bail!(
            "without TLS the server listens on loopback only, and `{}` is not; give `--tls-cert` and `--tls-key`, or \
             `--plain` behind a proxy that speaks TLS",
            settings.listen.ip()
        );
    }
    let tls = settings.tls.as_ref().map(|(cert, key)| tls::acceptor(cert, key)).transpose()?;
    let socket = TcpListener::bind(settings.listen)
        .with_context(|| format!("`{}` cannot be listened on; name another with --listen", settings.listen))?;
    socket.set_nonblocking(true)?;
    settings.listen = socket.local_addr()?;
    let mut tries = 0;
    let house = loop {
        match House::open(dir, settings.clone(), true) {
            Err(error) if error.is::<Taken>() && tries < TRIES => {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
            opened => break opened?,
        }
    };
    Ok(Ready { house, socket, tls })
}

/// Serves until the process is told to stop. `beside` runs on a thread of its own once the server answers.
pub fn serve(
    ready: Ready,
    demo_accounts: Vec<DemoAccount>,
    beside: impl FnOnce(&House, &StopFlag) + Send + 'static,
) -> anyhow::Result<()> {
    let Ready { house, socket, tls } = ready;
    house.lay_rules()?;
    let house = Arc::new(house);
    let workers = match house.settings.threads {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        threads => threads,
    };
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .enable_all()
        .build()?;
    let owner = Listener::start(house.clone())?;
    let live = Live::start(house.store.clone(), house.cx())?;
    let imports = imports(&house, &live)?;
    let _ = house.imports.set(imports.clone());
    let _ = house.live.set(live.clone());
    let reactions = Runner::start(house.store.clone(), house.cx(), programs::reactions())?;
    let indexing = Indexing::start(house.store.clone(), house.cx())?;
    let app = App::new(
        house.store.clone(),
        house.accounts.clone(),
        imports.clone(),
        live.clone(),
        edge(&house, demo_accounts),
    );
    let card_counts = CountsKeeper::start(app.card_counts.clone(), house.store.clone(), house.cx())?;
    let stop = StopFlag::default();
    let (beside_house, beside_stop) = (house.clone(), stop.clone());
    let beside = std::thread::spawn(move || beside(&beside_house, &beside_stop));
    let signals = {
        let _entered = tokio.enter();
        signal::StopSignals::new()?
    };
    crate::say::line(&format!("Jingluo listens on {}", house.base_url()));
    let served = tokio.block_on(listen::listen(socket, tls, web::router(app), &house.settings, signals, || {
        // Live streams never end by themselves; long work is asked to end.
        live.stop();
        stop.raise();
    }));
    tracing::info!("stopping");
    owner.stop();
    imports.stop();
    if beside.join().is_err() {
        tracing::error!("the work beside the server ended in a panic");
    }
    reactions.stop();
    indexing.stop();
    tokio.shutdown_timeout(Duration::from_secs(house.settings.stop_seconds_max));
    card_counts.stop();
    house.close()?;
    tracing::info!("stopped");
    served
}

fn imports(house: &House, live: &Live) -> anyhow::Result<Imports> {
    let folder = house.dir.join("uploads");
    let settings = ImportSettings { folder, upload_bytes_max: UPLOAD_BYTES_MAX, options: house.import_options() };
    Ok(Imports::new(house.store.clone(), live.clone(), settings)?)
}

fn edge(house: &House, demo_accounts: Vec<DemoAccount>) -> web::Settings {
    web::Settings {
        site: house.site(),
        clock: house.clock.clone(),
        dice: Dice::System,
        version: env!("CARGO_PKG_VERSION"),
        demo_accounts,
        secure_cookies: house.base_url().starts_with("https://"),
    }
}
