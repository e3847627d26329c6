//! The macros package of a module, where its tags cannot say everything: macros of several lines, and RPMs that
//! must stay out of the buildroot.

use super::steps::Steps;
use crate::koji::calls::{GetTaskChildren, Map};
use crate::koji::shapes::Task;
use crate::koji::{TaskState, Value};
use crate::live::execute::prepare::{macros_nvr, macros_package};
use crate::live::execute::stop::Stop;
use crate::live::execute::work::Marked;
use crate::module_build::macros;
use crate::orchestrate::Fault as Why;

/// What the subtask is labelled with.
const LABEL: &str = "macros";

impl Steps {
    /// Has the macros package built by a subtask, and installed into every buildroot.
    pub(super) async fn build_macros(&self) -> Result<(), Stop> {
        let task = match self.macros_task().await? {
            Some(task) => task.id,
            None => self.submit_macros().await?,
        };
        let ends = self.at.ends(&[task]).await?;
        if ends.get(&task) != Some(&TaskState::Closed) && !self.is_there().await? {
            let fault = self.fault_of(task).await?;
            let why = format!("the macros package {}: {}", macros_nvr(&self.module)?, fault.text);
            return Err(Stop::failed(Why::Broken, why));
        }
        self.at.install_macros(&self.module).await
    }

    async fn macros_task(&self) -> Result<Option<Task>, Stop> {
        let call = GetTaskChildren { task_id: self.task, ..GetTaskChildren::default() };
        let children = self.at.ask(&call).await?;
        Ok(children.into_iter().find(|task| task.label.as_deref() == Some(LABEL)))
    }

    async fn submit_macros(&self) -> Result<i64, Stop> {
        let package = self.at.macros(&self.module).await?;
        let directory =
            format!("cli-build/modplan-{}-{}", self.at.work.run, self.module.names.target);
        self.at.upload(&directory, &package.name, &package.bytes).await?;
        let id = self.module.nsvc.to_string();
        let marked = Marked { module: &id, component: macros::NAME, attempt: 1 };
        let opts = Map::from([
            ("skip_tag".to_owned(), Value::Bool(true)),
            // The build waits for a repo of the new tag itself.
            ("wait_repo".to_owned(), Value::Bool(true)),
            ("custom_user_metadata".to_owned(), Value::Struct(self.at.work.marker(marked))),
        ]);
        let source = format!("{directory}/{}", package.name);
        let target = self.module.tags.target.as_str();
        let request = vec![source.into(), target.into(), Value::Struct(opts)];
        self.at.one(&self.below("build", request, LABEL, None)).await
    }

    /// Returns whether an earlier try of the module built the package: its task fails then.
    async fn is_there(&self) -> Result<bool, Stop> {
        let nvr = macros_nvr(&self.module)?;
        let package = macros_package();
        Ok(self.ours_by_nvr(nvr, package.as_str()).await?.is_some())
    }
}
