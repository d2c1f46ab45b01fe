//! Work on the record beside the event loop: on its own thread, ended when the client leaves, panics caught.

use crate::App;
use crate::answer::defect;
use base::{Cx, Result, StopFlag};
use runtime::record::{Answer, Plan, answers, plan_again};

/// Ends the work of a request whose future is dropped: the client left.
struct StopWhenLeft(StopFlag);

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

/// Plans and writes a change, and awaits the commit without holding a thread; plans again on a conflict.
pub async fn commit(
    app: &App,
    cx: &Cx,
    mut plan: impl FnMut(&Cx) -> Result<Plan> + Send + 'static,
) -> Result<Vec<Answer>> {
    let mut rounds = 0;
    loop {
        let store = app.store.clone();
        let (again, begun) = blocking(cx, move |cx| {
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
