//! Works a plan out against a hub that is only read.

use super::hub::{Hub, HubError, Login, Options};
use crate::koji_plan::{Knowledge, Request, WorkedOut, work_out};

/// A question may depend on the answer to another one, and that on a third: never so deep.
const ROUNDS_MAX: usize = 50;

/// Works a plan out.
///
/// # Errors
/// The hub cannot be reached, or does not answer properly.
///
/// # Panics
/// When no runtime can be made.
pub fn dry_run(
    options: Options,
    login: Login,
    request: Request<'_>,
) -> Result<WorkedOut, HubError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let mut hub = Hub::connect(options, login).await?;
        let run = rounds(&mut hub, request).await;
        hub.log_out().await;
        run
    })
}

async fn rounds(hub: &mut Hub, request: Request<'_>) -> Result<WorkedOut, HubError> {
    let mut known = Knowledge::default();
    for round in 1..=ROUNDS_MAX {
        let run = work_out(request, &mut known);
        let open = known.open();
        if open.is_empty() {
            return Ok(run);
        }
        tracing::info!("round {round}: {} questions to the hub", open.len());
        known.learn(hub.ask_all(&open).await?);
    }
    let reason = format!("questions without an end after {ROUNDS_MAX} rounds");
    Err(HubError::Shape { method: "multiCall".to_owned(), reason })
}
