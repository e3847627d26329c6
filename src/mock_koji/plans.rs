//! Requested builds of packages: their plans and requests.

use std::sync::Arc;

use super::Mock;
use super::state::{BuildPlan, Caller, Carrier, Own, Task};
use crate::hub::{BuildRepo, BuildSpec, Method, Request, Tagging, TaskArch, Work};
use crate::koji::calls::{BuildCall, Map};
use crate::koji::{Fault, FaultKind, Ref, Value};
use crate::name::{Arch, PackageName};
use crate::time::Millis;
use crate::trace::{BUILD, BUILD_ARCH, BUILD_SRPM, BuildShape, TAG_BUILD};

impl BuildPlan {
    pub(super) fn nvr(&self) -> String {
        format!("{}-{}-{}", self.name, self.version, self.release)
    }

    pub(super) fn request(&self, target: &Value) -> Vec<Value> {
        vec![self.source.as_str().into(), target.clone(), Value::Struct(self.opts.clone())]
    }

    pub(super) fn srpm_request(&self) -> Vec<Value> {
        vec![self.source.as_str().into(), Value::Int(self.build_tag), self.repo_opts()]
    }

    /// `srpm` is the task that made the source package.
    pub(super) fn arch_request(&self, srpm: i64, arch: &str) -> Vec<Value> {
        let path = format!("tasks/{}/{srpm}/{}.src.rpm", srpm % 10_000, self.nvr());
        vec![
            path.as_str().into(),
            Value::Int(self.build_tag),
            arch.into(),
            Value::Bool(self.keeps_source(arch)),
            self.repo_opts(),
        ]
    }

    /// Returns whether the source package comes from the build for an arch: the first one.
    pub(super) fn keeps_source(&self, arch: &str) -> bool {
        self.arches.first().is_some_and(|first| first == arch)
    }

    pub(super) fn tag_request(&self) -> Vec<Value> {
        let number = |id: Option<i64>| id.map_or(Value::Nil, Value::Int);
        vec![
            number(self.dest_tag),
            number(self.build),
            Value::Bool(false),
            Value::Nil,
            Value::Bool(true),
        ]
    }

    fn repo_opts(&self) -> Value {
        Value::Struct(Map::from([("repo_id".to_owned(), Value::Int(self.repo))]))
    }
}

/// The package that sets what releases end with in a module's build tag.
const MACROS: &str = "module-build-macros";

/// A task of a method, before it is made.
pub(super) fn new_task(method: &str, owner: i64, priority: i64, request: Vec<Value>) -> Task {
    Task {
        method: method.to_owned(),
        arch: "noarch".to_owned(),
        channel: 1,
        owner,
        parent: None,
        label: None,
        priority,
        request,
        result: None,
        awaited: None,
        carrier: Carrier::Own(Own::free(0)),
    }
}

/// Reads name, version and release from a source URL: `…/rpms/NAME#VERSION-RELEASE`, or a commit,
/// which becomes the release.
fn name_of(source: &str, dist: &str) -> (String, String, String) {
    let (address, fragment) = source.split_once('#').unwrap_or((source, ""));
    let path = address.split('?').next().unwrap_or_default().trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(name);
    if let Some(nvr) = name.strip_suffix(".src.rpm") {
        let mut parts = nvr.rsplitn(3, '-').map(str::to_owned);
        if let (Some(release), Some(version), Some(name)) =
            (parts.next(), parts.next(), parts.next())
        {
            return (name, version, release);
        }
    }
    match fragment.split_once('-') {
        Some((version, release)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name.to_owned(), version.to_owned(), release.to_owned())
        }
        _ => {
            let commit: String = fragment.chars().take(8).collect();
            let commit = if commit.is_empty() { "0".to_owned() } else { commit };
            (name.to_owned(), "1".to_owned(), format!("{commit}{dist}"))
        }
    }
}

impl Mock {
    /// Determines the subject of a build; the error is why its task fails at once.
    pub(super) fn plan_build(
        &mut self,
        source: &str,
        target: Option<&Ref>,
        opts: &Map,
        owner: i64,
    ) -> Result<BuildPlan, Fault> {
        let unknown = |target: &dyn std::fmt::Display| {
            Fault::generic(format!("unknown build target: {target}"))
        };
        let target = target.ok_or_else(|| unknown(&"None"))?;
        let (_, found) = self.find_target(target).ok_or_else(|| unknown(target))?;
        let flag = |name: &str| opts.get(name) == Some(&Value::Bool(true));
        let is_scratch = flag("scratch");
        let mut repo = 0;
        if let Some(wanted) = opts.get("repo_id").and_then(Value::as_int) {
            repo = wanted;
            let known = super::place(repo).and_then(|at| self.repos.get(at));
            let bad = |text: String| Fault::of(FaultKind::Build, text);
            let known = known.ok_or_else(|| bad(format!("No such repo: {repo}")))?;
            if known.tag != found.build_tag {
                let (own, other) = (&self.tag(found.build_tag).name, &self.tag(known.tag).name);
                return Err(bad(format!("Repo/Target mismatch: {other}/{own}")));
            }
            let tag = &self.tag(found.build_tag).name;
            if !self.has_permission(owner, "admin") && !tag.starts_with("module-") {
                let text = "policy violation (build_from_repo_id): all :: deny";
                return Err(Fault::of(FaultKind::NotAllowed, text));
            }
        }
        let dist = self.dist_of(found.build_tag);
        let (name, version, release) = name_of(source, &dist);
        Ok(BuildPlan {
            task: None,
            source: source.to_owned(),
            arches: self.arches_of(found.build_tag, &name, opts),
            name,
            version,
            release,
            build_tag: found.build_tag,
            dest_tag: (!is_scratch && !flag("skip_tag")).then_some(found.dest_tag),
            is_scratch,
            opts: opts.clone(),
            owner,
            repo,
            build: None,
        })
    }

    /// Returns the suffix of releases in a build tag: that of its macros package, if there is one, else
    /// the value that the tag sets.
    fn dist_of(&self, build_tag: i64) -> String {
        let builds = self.tag(build_tag).builds.iter().map(|tagged| self.build(tagged.build));
        let of_macros = builds.rev().find(|build| build.name == MACROS);
        if let Some((_, dist)) = of_macros.and_then(|build| build.release.split_once('.')) {
            return format!(".{dist}");
        }
        let set = self.config_value(build_tag, "rpm.macro.dist");
        set.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Returns the value that a tag or its ancestors set for a key.
    fn config_value(&self, tag: i64, key: &str) -> Option<Value> {
        let ancestors = self.ancestors(tag).into_iter().filter(|row| !row.noconfig);
        let tags = std::iter::once(tag).chain(ancestors.map(|row| row.parent_id));
        tags.into_iter().find_map(|tag| self.tag(tag).extra.get(key).cloned())
    }

    /// Returns the arches that a package is built for: those of the tag, or only noarch if the
    /// history says so.
    fn arches_of(&self, tag: i64, package: &str, opts: &Map) -> Vec<String> {
        let named = opts.get("arch_override").and_then(Value::as_str);
        let ancestors = self.ancestors(tag).into_iter().map(|row| row.parent_id);
        let mut tags = std::iter::once(tag).chain(ancestors);
        let own = tags.find_map(|tag| self.tag(tag).arches.clone().filter(|a| !a.is_empty()));
        let arches = named.map(str::to_owned).or(own).unwrap_or_default();
        let mut known: Vec<String> = arches
            .split_whitespace()
            .filter(|arch| self.settings.arch(&Arch::from(*arch)).is_some())
            .map(str::to_owned)
            .collect();
        let rows = self.history.rows().iter();
        let mut of_package =
            rows.filter(|row| &*row.method == BUILD_ARCH && row.package.as_str() == package);
        let is_noarch = of_package.clone().next().is_some()
            && of_package.all(|row| row.arch.as_str() == "noarch");
        if is_noarch || known.is_empty() {
            known = vec!["noarch".to_owned()];
        }
        known
    }

    /// Draws the durations of the steps of a build.
    pub(super) fn spec_of(&mut self, at: usize) -> BuildSpec {
        let plan = self.plans[at].clone();
        let package = PackageName::from(plan.name.as_str());
        let shape = self.history.build_shape(&package);
        let mean = self.history.estimate(BUILD, &package, &Arch::from("noarch")).0;
        let (srpm, arches, tagging) = if let BuildShape::Whole(_) = shape {
            let whole = self.draw(BUILD, &plan.name, "noarch");
            let step = Work::ok(Millis(1000));
            (step, vec![whole; plan.arches.len()], step)
        } else {
            let srpm = self.draw(BUILD_SRPM, &plan.name, "noarch");
            let arches = plan.arches.iter().map(|arch| self.draw(BUILD_ARCH, &plan.name, arch));
            (srpm, arches.collect(), self.draw(TAG_BUILD, &plan.name, "noarch"))
        };
        let is_set = |name: &str| plan.opts.get(name) == Some(&Value::Bool(true));
        let repo = match (plan.repo, is_set("wait_repo")) {
            (0, true) => BuildRepo::Fresh,
            (0, false) => BuildRepo::Lagging,
            _ => BuildRepo::Given,
        };
        let numbered = plan.arches.iter().map(|arch| self.sim_arch(arch)).zip(arches);
        BuildSpec {
            tag: self.tag(plan.build_tag).sim,
            srpm: Some(srpm),
            arches: numbered.collect::<Vec<(TaskArch, Work)>>(),
            tagging: if plan.dest_tag.is_some() { Tagging::Task(tagging) } else { Tagging::None },
            mean_build: mean,
            repo,
            subject: Some(u32::try_from(at).expect("builds are numbered by u32")),
        }
    }

    /// Makes a `build` task; one that cannot be planned fails when a builder opens it.
    pub(super) fn new_build(
        &mut self,
        source: &str,
        target: Option<&Ref>,
        opts: Map,
        task: Task,
    ) -> i64 {
        match self.plan_build(source, target, &opts, task.owner) {
            Ok(plan) => {
                let at = self.plans.len();
                self.plans.push(plan);
                let spec = self.spec_of(at);
                let id = self.submit(Request::Build(Arc::new(spec)), task);
                self.plans[at].task = Some(id);
                id
            }
            Err(fault) => self.doomed(task, fault),
        }
    }

    /// Makes a task that fails with a fault when a builder opens it.
    pub(super) fn doomed(&mut self, task: Task, fault: Fault) -> i64 {
        let work = Work { run: Millis::ZERO, is_ok: false };
        let request = Request::Task { method: Method::Build, arch: TaskArch::Noarch, work };
        self.submit(request, Task { result: Some(Err(fault)), ..task })
    }

    pub(super) fn build_call(&mut self, caller: Caller, call: BuildCall) -> Result<i64, Fault> {
        let owner = self.logged_in(caller)?;
        let priority = self.priority(owner, call.priority)?;
        let opts = call.opts.unwrap_or_default();
        let target = call.target.as_ref().map_or(Value::Nil, Value::of);
        let request = vec![call.src.as_str().into(), target, Value::Struct(opts.clone())];
        let mut task = new_task("build", owner, priority, request);
        if let Some(channel) = &call.channel {
            task.channel = self.channel_id(channel)?;
        }
        Ok(self.new_build(&call.src, call.target.as_ref(), opts, task))
    }

    /// Returns a priority counted from the default; only admins may make a task more urgent.
    pub(super) fn priority(&self, owner: i64, relative: Option<i64>) -> Result<i64, Fault> {
        let relative = relative.unwrap_or_default();
        if relative < 0 && !self.has_permission(owner, "admin") {
            let text = "only admins may create high-priority tasks";
            return Err(Fault::of(FaultKind::NotAllowed, text));
        }
        Ok(i64::from(self.settings.hub.priority) + relative)
    }

    pub(super) fn target_of(&self, plan: &BuildPlan) -> Value {
        let is_it = |target: &super::state::Target| target.build_tag == plan.build_tag;
        let found = self.targets.iter().find(|(_, target)| is_it(target));
        found.map_or(Value::Nil, |(name, _)| name.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_what_is_built() {
        let named = |source: &str| {
            let (name, version, release) = name_of(source, ".f99");
            format!("{name}-{version}-{release}")
        };
        assert_eq!(named("git+https://example.org/rpms/bash#5.2-1.f99"), "bash-5.2-1.f99");
        assert_eq!(
            named("git+https://example.org/rpms/bash.git?#c0ffee0011"),
            "bash-1-c0ffee00.f99"
        );
        assert_eq!(named("cli-build/1/perl-DBI-1.6-3.src.rpm"), "perl-DBI-1.6-3");
    }
}
