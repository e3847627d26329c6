//! Asking for a repo of a build tag with all that was tagged so far, and waiting for it.

use tokio::sync::SemaphorePermit;

use super::at_hub::AtHub;
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::shapes::RepoAnswer;
use crate::module_build::batch_calls;
use crate::orchestrate::Fault;

impl AtHub {
    /// Asks for a repo that has everything in the build tag, and waits until it is made. Asked again, the hub
    /// answers with the same request. No more repos are asked for at a time than the site allows.
    pub(super) async fn wait_repo(&self, module: &ModuleWork) -> Result<(), Stop> {
        let _permit = self.repo_permit().await;
        self.wait_permitted_repo(module).await
    }

    /// Waits for leave to have a repo made.
    pub(super) async fn repo_permit(&self) -> SemaphorePermit<'_> {
        self.repos.acquire().await.expect("the semaphore is never closed")
    }

    /// Does the same for one who has leave.
    pub(super) async fn wait_permitted_repo(&self, module: &ModuleWork) -> Result<(), Stop> {
        self.may_begin()?;
        let tags = &module.tags;
        let event: i64 = self.one(&batch_calls::last_change(tags)).await?;
        let mut answer: RepoAnswer = self.one(&batch_calls::request_repo(tags, event)).await?;
        loop {
            match (answer.repo, answer.request) {
                (Some(_), _) => return Ok(()),
                (None, Some(request)) if request.active => {
                    self.pause().await;
                    self.may_begin()?;
                    answer = self.one(&batch_calls::check_repo(request.id)).await?;
                }
                (None, _) => {
                    let why = format!("koji gave up making a repo of {}", tags.build_tag);
                    return Err(Stop::failed(Fault::Broken, why));
                }
            }
        }
    }
}
