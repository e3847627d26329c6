//! Making the tag and target of a module build, its macros package and its first repo. Every step looks
//! before it writes, so the same steps finish what was cut short.

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::tag::Place;
use super::tasks::Wanted;
use super::work::{Marked, ModuleWork};
use crate::koji::calls::GetBuild;
use crate::koji::shapes::{Build, Package, TagInfo};
use crate::koji::{BuildState, TaskState, Value};
use crate::module_build::batch_calls::{self, Built, Submission};
use crate::module_build::hub_call::HubCall;
use crate::module_build::macros;
use crate::module_build::tag_calls::{self, Found, FoundTag};
use crate::name::PackageName;
use crate::orchestrate::Fault;

impl AtHub {
    /// Makes what a module build needs before its first component.
    pub(super) async fn prepare(&self, module: &ModuleWork) -> Result<(), Stop> {
        if !self.holds(&module.lock).await? {
            // What is somebody else's is found before anything is made.
            self.tag_changes(module).await?;
            self.is_built(module).await?;
            self.lock(&module.lock).await?;
        }
        let changes = self.tag_changes(module).await?;
        self.all(&changes).await?;
        // koji makes a first repo for the macros package, too.
        let _permit = self.repo_permit().await;
        self.build_macros(module).await?;
        self.install_macros(module).await?;
        self.wait_permitted_repo(module).await
    }

    /// Looks how the tags and the target are, and returns the calls that make them as planned.
    async fn tag_changes(&self, module: &ModuleWork) -> Result<Vec<HubCall>, Stop> {
        let looks = tag_calls::looks(&module.tags);
        let mut answers = self.each(&looks).await?.into_iter();
        // What is not there is answered by nil or by a fault, by the method.
        let mut next = || answers.next().and_then(Result::ok).unwrap_or_default();
        let (own, build_tag) = (tag(next())?, tag(next())?);
        let mut found = Found::default();
        for parent in &module.tags.parents {
            match tag(next())? {
                Some(info) => drop(found.parents.insert(parent.clone(), info.id)),
                None => {
                    let why = format!("{}: there is no tag {parent} to inherit", module.nsvc);
                    return Err(Stop::failed(Fault::Missing, why));
                }
            }
        }
        found.tag = found_tag(own, next())?;
        found.build_tag = found_tag(build_tag, next())?;
        found.inheritance = listed("getInheritanceData", next())?;
        found.groups = listed("getTagGroups", next())?;
        found.external = listed("getTagExternalRepos", next())?;
        found.target = read("getBuildTarget", next())?;
        tag_calls::changes(&module.tags, &found)
            .map_err(|conflict| Stop::failed(Fault::Exists, conflict.to_string()))
    }

    /// Has the macros package built, unless it is.
    async fn build_macros(&self, module: &ModuleWork) -> Result<(), Stop> {
        if self.is_built(module).await? {
            return Ok(());
        }
        let id = module.nsvc.to_string();
        let wanted = Wanted { module: &id, component: macros::NAME, attempt: None };
        let found = self.find_tasks(&[wanted]).await?;
        let is_hopeful = |task: &&crate::koji::shapes::Task| {
            !matches!(task.state, TaskState::Failed | TaskState::Canceled)
        };
        let task = match found.iter().flatten().find(is_hopeful) {
            Some(task) => task.id,
            None => self.submit_macros(module, &id).await?,
        };
        match self.ends(&[task]).await?.get(&task) {
            Some(TaskState::Closed) => Ok(()),
            state => {
                let state = state.map_or_else(String::new, ToString::to_string);
                let why = format!("{id}: task {task} of its macros package is {state}");
                Err(Stop::failed(Fault::Broken, why))
            }
        }
    }

    async fn submit_macros(&self, module: &ModuleWork, id: &str) -> Result<i64, Stop> {
        self.paced().await?;
        let directory = format!("cli-build/modplan-{}-{}", self.work.run, module.names.target);
        let macros = self.macros(module).await?;
        self.upload(&directory, &macros.name, &macros.bytes).await?;
        let marker = self.work.marker(Marked { module: id, component: macros::NAME, attempt: 1 });
        let (package, source) = (macros_package(), format!("{directory}/{}", macros.name));
        let submission = Submission {
            package: &package,
            source: &source,
            repo_id: None,
            arches: None,
            marker: Some(&marker),
            priority: self.work.priority,
        };
        self.one(&batch_calls::build(&module.tags, submission)).await
    }

    /// Returns whether the macros package is built; a build that somebody else reserved is in the way.
    async fn is_built(&self, module: &ModuleWork) -> Result<bool, Stop> {
        let nvr = macros_nvr(module)?;
        let call = GetBuild { build: nvr.into(), strict: None };
        let build: Option<Build> = self.ask(&call).await?;
        // koji builds again what failed, was canceled or deleted.
        let is_there =
            |build: &Build| matches!(build.state, BuildState::Building | BuildState::Complete);
        let Some(build) = build.filter(is_there) else { return Ok(false) };
        if !self.is_macros_of(module, build.task_id).await? {
            let owner = &build.owner_name;
            let why =
                format!("{nvr} is there already: a build of {owner}, and not of {}", module.nsvc);
            return Err(Stop::failed(Fault::Exists, why));
        }
        Ok(build.state == BuildState::Complete)
    }

    /// Returns whether a task builds the macros package of a module build, by its marker.
    async fn is_macros_of(&self, module: &ModuleWork, task: Option<i64>) -> Result<bool, Stop> {
        let Some(task) = task else { return Ok(false) };
        let marker = self.marker_of(task).await?;
        let id = module.nsvc.to_string();
        let wanted = Wanted { module: &id, component: macros::NAME, attempt: None };
        Ok(marker.is_some_and(|marker| marker.is(wanted)))
    }

    /// Tags the macros package into the build tag, and has it installed into every buildroot.
    async fn install_macros(&self, module: &ModuleWork) -> Result<(), Stop> {
        let nvr = macros_nvr(module)?;
        let package = macros_package();
        let built = [Built { package: &package, nvr, is_build_only: true }];
        let mut calls = batch_calls::tag_built(&module.tags, &built);
        let tagged = self.tagged(&calls).await?;
        calls.retain(|call| Place::of(call).is_none_or(|place| !tagged.contains(&place)));
        self.tag(&calls).await?;
        let groups = batch_calls::install_macros(&module.tags);
        for (call, answer) in groups.iter().zip(self.each(&groups).await?) {
            if let Err(fault) = answer
                && !fault.text.contains("already")
            {
                return Err(Stop::of_fault(call.method, &fault));
            }
        }
        Ok(())
    }
}

fn macros_package() -> PackageName {
    PackageName::from(macros::NAME)
}

fn macros_nvr(module: &ModuleWork) -> Result<&str, Stop> {
    let nvr = module.names.macros_package.as_deref();
    nvr.ok_or_else(|| Stop::failed(Fault::Broken, format!("{} has no dist tag", module.nsvc)))
}

fn tag(answer: Value) -> Result<Option<TagInfo>, Stop> {
    read("getTag", answer)
}

fn found_tag(info: Option<TagInfo>, packages: Value) -> Result<Option<FoundTag>, Stop> {
    let packages: Vec<Package> = listed("listPackages", packages)?;
    Ok(info.map(|info| FoundTag { info, packages }))
}

/// Reads a list; nil is none.
fn listed<T: serde::de::DeserializeOwned>(method: &str, answer: Value) -> Result<Vec<T>, Stop> {
    Ok(read::<Option<Vec<T>>>(method, answer)?.unwrap_or_default())
}
