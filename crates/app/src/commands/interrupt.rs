//! Ctrl-C for commands that work without a server: the first asks for an orderly end, the second ends at once.

use base::StopFlag;
use std::process::exit;

/// Exit code after an interrupt, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// A flag that SIGINT and SIGTERM raise.
pub fn stop_flag() -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    let raised = stop.clone();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _entered = tokio.enter();
        crate::serve::signal::StopSignals::new()?
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        tokio.block_on(async {
            signals.next().await;
            raised.raise();
            signals.next().await;
            exit(i32::from(INTERRUPTED));
        });
    })?;
    Ok(stop)
}
