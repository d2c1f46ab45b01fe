//! One owner a data folder. A command on a folder that another process owns (a server, an import) is sent to that
//! process through the socket `owner.sock` in the folder; without an owner the command opens the folder itself. Both
//! ways end in the same function (`work::carry_out`).
//!
//! Paths of an import are passed as absolute paths and opened by the owner: the socket can only be used by the owner's
//! own user (mode 600 in a folder of mode 700), who may read the same files, and a file that is opened where it is read
//! can be measured, resumed and sought. Only standard input is sent over the socket.

mod client;
mod input;
mod protocol;
mod server;
mod socket;
mod work;

pub use protocol::{Ask, Told};
pub use server::Listener;

use crate::house::{House, Taken};
use crate::settings::Settings;
use base::StopFlag;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often, and with which pause, a folder is tried whose owner does not answer (it is starting or ending).
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// Has an ask carried out on a data folder, here or by its owner, and gives what came of it.
pub fn ask(
    dir: &Path,
    settings: &Settings,
    may_make: bool,
    ask: &Ask,
    stop: &StopFlag,
    tell: &(dyn Fn(Told) + Sync),
) -> anyhow::Result<Value> {
    let mut tries = 0;
    loop {
        if let Some(stream) = socket::connect(dir)? {
            return client::talk(stream, ask, stop, tell);
        }
        match House::open(dir, settings.clone(), may_make) {
            Ok(house) => return here(house, ask, stop, tell),
            Err(error) if error.is::<Taken>() && tries < TRIES => {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Carries an ask out in this process, which answers others on its socket meanwhile.
fn here(house: House, ask: &Ask, stop: &StopFlag, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    let house = Arc::new(house);
    let listener = Listener::start(house.clone())?;
    let done = work::carry_out(&house, ask, Box::new(std::io::stdin()), stop, tell);
    listener.stop();
    house.close()?;
    done
}
