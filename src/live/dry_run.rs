//! Works a plan out against a hub that is only read, and looks on this machine and at the servers of sources for
//! the rest.

use tokio::sync::Mutex;

use super::hub::{Hub, HubError, Login, Options};
use super::{programs, scm};
use crate::koji_plan::{Knowledge, Request, WorkedOut, work_out};
use crate::site::Scm;

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
        let hub = Mutex::new(Hub::connect(options, login).await?);
        let resolved = request.resolved.iter().map(|one| (one.of.clone(), one.commit.clone()));
        let known = Knowledge::with_commits(resolved);
        let run = rounds(&hub, known, &request.site.scm, |known| work_out(request, known)).await;
        hub.into_inner().log_out().await;
        run
    })
}

/// Works something out, and asks what it needs to know, until nothing more comes up. Refs are looked up at
/// allowed addresses alone.
pub(super) async fn rounds(
    hub: &Mutex<Hub>,
    mut known: Knowledge,
    scm: &Scm,
    work_out: impl Fn(&mut Knowledge) -> WorkedOut,
) -> Result<WorkedOut, HubError> {
    for round in 1..=ROUNDS_MAX {
        let run = work_out(&mut known);
        if known.is_complete() {
            return Ok(run);
        }
        let open = known.open();
        tracing::info!("round {round}: {} questions to the hub", open.len());
        known.learn(hub.lock().await.ask_all(&open).await?);
        for program in known.open_programs() {
            known.learn_program(program, programs::version(program).await);
        }
        for (of, found) in scm::commits(known.open_refs(), scm).await {
            known.learn_commit(of, found);
        }
    }
    let reason = format!("questions without an end after {ROUNDS_MAX} rounds");
    Err(HubError::Shape { method: "multiCall".to_owned(), reason })
}
