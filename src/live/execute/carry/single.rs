//! Calls that are carried out one by one.

use std::rc::Rc;
use std::sync::Arc;

use super::gates::Tested;
use super::{Inner, unknown};
use crate::koji::calls::CancelTask;
use crate::live::execute::mail::{self, Mail};
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::orchestrate::{Answer, Asked, Call, CallId, Reply};

impl Inner {
    /// Carries out one call, or looks what came of it. Most steps look by themselves before they write, so
    /// a look for them answers that nothing is there, and the call that follows finds what is.
    pub(super) async fn alone(
        self: &Rc<Self>,
        id: CallId,
        call: &Call,
        is_look: bool,
    ) -> Result<Answer, Stop> {
        let nothing = Ok(Answer::Done(Reply::Nothing));
        match call {
            Call::Mail { to, about } => {
                let catalog = Arc::clone(&self.catalog.borrow());
                let mail = Mail { id, to: *to, about, catalog: &catalog };
                mail::send(&mail, self.hub.work.spool.as_deref())?;
                nothing
            }
            Call::Poll { about: Asked::These(about) } => self.poll(about).await,
            Call::Poll { about: Asked::Everything { .. } } => {
                unreachable!("polls are spelled out when they are handled")
            }
            Call::Fetch { module, .. } => self.module(*module).and(nothing),
            Call::CancelComponent { build, component, attempt } => {
                let part = Part { build: *build, component: *component, attempt: *attempt };
                let task = self.memory.borrow().task(part);
                if let Some(task) = task {
                    self.cancel(i64::from(task.0)).await?;
                }
                nothing
            }
            _ if is_look => Ok(Answer::Absent),
            Call::CreateTarget { build, module } => {
                self.hub.prepare(self.module(*module)?).await?;
                self.has_repo(*build, 0);
                nothing
            }
            Call::MakeRepo { module, .. } => {
                self.hub.finish(self.module(*module)?).await?;
                nothing
            }
            // It is published when it has passed.
            &Call::Publish { build, attempt, .. } if self.gates.module => {
                self.test(Tested { build, component: None, attempt }, false);
                nothing
            }
            Call::Publish { module, .. } => {
                self.hub.publish(self.module(*module)?).await?;
                nothing
            }
            &Call::RequestTest { build, component, attempt } => {
                self.test(Tested { build, component, attempt }, true);
                nothing
            }
            Call::BuildComponent { .. }
            | Call::TagComponent { .. }
            | Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::AskDependants { .. } => Err(unknown(call.kind().as_str())),
        }
    }

    /// Cancels a task that is not over.
    async fn cancel(&self, task: i64) -> Result<(), Stop> {
        let found = self.hub.tasks(&[task]).await?;
        if found.get(&task).is_some_and(|task| !task.state.is_final()) {
            self.hub.ask(&CancelTask { task_id: task, recurse: Some(true) }).await?;
        }
        Ok(())
    }
}
