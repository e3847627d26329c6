//! Every call of a run that changes something, in order.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::hub_checks::HubUser;
use super::knowledge::Knowledge;
use super::package_checks::listed;
use super::release_checks::devel;
use super::sources::Sources;
use super::tags::TagWork;
use super::{Phase, Request, locks};
use crate::koji::calls::{CgImport, Map, NewRepo, RepoRequestCall};
use crate::koji::shapes::Package;
use crate::koji::{Arguments, Value};
use crate::module_build::batch_calls::{Built, Submission, build, install_macros, tag_built};
use crate::module_build::hub_call::{HubCall, Permission};
use crate::module_build::macros;
use crate::module_build::publish::{Publication, publish};
use crate::name::{Arch, ComponentKey, NameStream, PackageName};
use crate::plan::model::PlanComponent;
use crate::plan::names::content_nvr;

/// Where koji's clients upload what is built from.
const UPLOADS: &str = "cli-build/";

/// A call that a run makes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCall {
    /// koji's method; `upload` for a file that is sent to the hub.
    pub method: &'static str,
    /// Its parameters as they are sent, those by name in a last map.
    pub params: Vec<Value>,
    /// The module that it is for, by its id in the plan.
    pub module: Option<String>,
    /// The component, by its key.
    pub component: Option<ComponentKey>,
    /// The part of the run.
    pub phase: Phase,
    /// What the caller needs.
    pub permission: Needed,
}

/// What a caller needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// A permission of koji, or `admin`.
    Permission(String),
    /// What a policy of the hub says, which cannot be read.
    Policy(&'static str),
    /// The right to import as a content generator.
    Generator(String),
    /// Nothing but to be logged in.
    Login,
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Permission(name) => f.pad(name),
            Self::Policy(name) => f.pad(&format!("policy {name}")),
            Self::Generator(name) => f.pad(&format!("content generator {name}")),
            Self::Login => f.pad("login"),
        }
    }
}

impl Serialize for PlannedCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            method: &'a str,
            params: &'a [Value],
            module: Option<&'a str>,
            component: Option<&'a ComponentKey>,
            phase: Phase,
            permission: String,
        }
        Row {
            method: self.method,
            params: &self.params,
            module: self.module.as_deref(),
            component: self.component.as_ref(),
            phase: self.phase,
            permission: self.permission.to_string(),
        }
        .serialize(serializer)
    }
}

impl PlannedCall {
    /// Returns the permission of koji that it needs, where it needs one.
    #[must_use]
    pub fn permission_name(&self) -> Option<&str> {
        match &self.permission {
            Needed::Permission(name) => Some(name),
            Needed::Policy(_) | Needed::Generator(_) | Needed::Login => None,
        }
    }
}

/// Returns every call: module by module in the order of the plan, a stream locked from before its first
/// module until after its last.
pub(super) fn calls(
    request: Request<'_>,
    hub: &HubUser,
    works: &[TagWork<'_, '_>],
    sources: &Sources,
    known: &mut Knowledge,
) -> Vec<PlannedCall> {
    let mut left: BTreeMap<NameStream, usize> = BTreeMap::new();
    for work in works {
        *left.entry(work.build.name_stream()).or_default() += 1;
    }
    let count = left.clone();
    let prefix = &request.site.names.tag_prefix;
    let mut all = Vec::new();
    for work in works {
        let stream = work.build.name_stream();
        let mut script = Script { request, hub, work, sources, calls: Vec::new(), repos: 0 };
        if left[&stream] == count[&stream] {
            if locks::is_left_behind(request, &stream, known) {
                script.add(Phase::Prepare, None, locks::release(prefix, &stream));
            }
            script.add(Phase::Prepare, None, locks::take(prefix, &stream));
        }
        script.module(known);
        let open = left.get_mut(&stream).expect("every stream is counted");
        *open -= 1;
        if *open == 0 {
            script.add(Phase::Publish, None, locks::release(prefix, &stream));
        }
        all.append(&mut script.calls);
    }
    all
}

/// The calls of one module.
struct Script<'s, 'b, 'a> {
    request: Request<'s>,
    hub: &'s HubUser,
    work: &'s TagWork<'b, 'a>,
    sources: &'s Sources,
    calls: Vec<PlannedCall>,
    /// How many repos were asked for.
    repos: u32,
}

impl Script<'_, '_, '_> {
    fn module(&mut self, known: &mut Knowledge) {
        for change in self.work.changes.clone() {
            self.add(Phase::Prepare, None, change);
        }
        let work = self.work;
        let batches = &work.build.row.batches;
        let components = || batches.iter().flat_map(|batch| &batch.components);
        if components().any(|component| !component.reused) {
            self.macros();
        }
        for (at, batch) in batches.iter().enumerate() {
            for component in batch.components.iter().filter(|component| !component.reused) {
                self.build(component);
            }
            self.tag(&batch.components);
            if batches[at + 1..].iter().any(|later| later.components.iter().any(|c| !c.reused)) {
                self.repo();
            }
        }
        self.import_and_publish(known);
    }

    /// Adds the macros package: uploaded, built, and in every buildroot of the first repo.
    fn macros(&mut self) {
        let work = self.work;
        let dist = work.names.dist_tag.as_deref().unwrap_or_default();
        let directory = format!("{UPLOADS}{{run}}/{}", work.plan.tag);
        let file = format!("{}-{}-1.{dist}.src.rpm", macros::NAME, macros::VERSION);
        self.upload(Phase::Build, &directory, &file);
        let package = PackageName::from(macros::NAME);
        self.submit(&package, None, &format!("{directory}/{file}"));
        let nvr = work.names.macros_package.clone().unwrap_or_default();
        let built = Built { package: &package, nvr: &nvr, is_build_only: true };
        for call in tag_built(&work.plan, &[built]) {
            self.add(Phase::Build, None, call);
        }
        for call in install_macros(&work.plan) {
            self.add(Phase::Prepare, None, call);
        }
        self.repo();
    }

    fn build(&mut self, component: &PlanComponent) {
        let url = self.sources.url(&self.work.build.row.id, &component.component);
        let missing = format!("{{source:{}}}", component.component);
        let url = url.unwrap_or(&missing).to_owned();
        self.submit(&component.package, Some(&component.component), &url);
    }

    fn submit(&mut self, package: &PackageName, component: Option<&ComponentKey>, source: &str) {
        let mut mark = super::marker(&self.work.build.nsvc.to_string());
        let name = component.map_or(package.as_str(), ComponentKey::as_str);
        mark.insert("component".to_owned(), name.into());
        mark.insert("attempt".to_owned(), Value::Int(1));
        let mark = Map::from([("modplan".to_owned(), Value::Struct(mark))]);
        let submission = Submission {
            package,
            source,
            repo_id: None,
            arches: None,
            marker: Some(&mark),
            priority: self.request.site.limits.priority.into(),
        };
        let call = build(&self.work.plan, submission);
        self.add(Phase::Build, component, call);
    }

    /// Adds the tagging of a batch: what is for the build only stays out of the module's tag.
    fn tag(&mut self, components: &[PlanComponent]) {
        let work = self.work;
        let documents = &work.build.stored.components;
        for component in components {
            let nvr = format!("{{nvr:{}}}", component.component);
            let document = documents.get(&component.component);
            let is_build_only = document.is_some_and(|document| document.buildonly);
            let built = Built { package: &component.package, nvr: &nvr, is_build_only };
            for call in tag_built(&work.plan, &[built]) {
                self.add(Phase::Build, Some(&component.component), call);
            }
        }
    }

    fn repo(&mut self) {
        self.repos += 1;
        let tag = &self.work.plan.build_tag;
        let call = if self.hub.has_requests {
            let since = format!("{{repo:{tag}:{}}}", self.repos);
            let min_event = Some(Value::Text(since));
            let call = RepoRequestCall {
                tag: tag.as_str().into(),
                min_event,
                ..RepoRequestCall::default()
            };
            HubCall::of(&call, Permission::Repo)
        } else {
            let call = NewRepo { tag: tag.as_str().into(), ..NewRepo::default() };
            HubCall::of(&call, Permission::Repo)
        };
        self.add(Phase::Repo, None, call);
    }

    fn import_and_publish(&mut self, known: &mut Knowledge) {
        let work = self.work;
        let own = work.build.nsvc.clone();
        let all = [devel(&own), own];
        let all = all.iter().rev();
        for nsvc in all.clone() {
            let nvr = content_nvr(nsvc);
            let directory = format!("modplan/{{run}}/{nvr}");
            for file in self.documents() {
                self.upload(Phase::Import, &directory, &file);
            }
            let metadata = Value::Text(format!("{{metadata:{nvr}}}"));
            let call = CgImport { metadata, directory, ..CgImport::default() };
            self.add(Phase::Import, None, HubCall::of(&call, Permission::Import));
        }
        let tag = &work.build.platform.publish_to;
        let owner = work.plan.owner.clone();
        for nsvc in all {
            let (package, nvr) = (nsvc.name.to_string(), content_nvr(nsvc));
            let rows: Vec<Package> = listed(known, tag, &package).unwrap_or_default();
            let publication = Publication { tag, package: &package, nvr: &nvr, owner: &owner };
            for call in publish(publication, &rows, &[]) {
                self.add(Phase::Publish, None, call);
            }
        }
    }

    /// Returns the files of an import.
    fn documents(&self) -> Vec<String> {
        let arches = self.work.plan.arches.iter().map(Arch::as_str);
        let per_arch = arches.map(|arch| format!("modulemd.{arch}.txt"));
        per_arch.chain(["modulemd.txt", "build.log"].map(str::to_owned)).collect()
    }

    fn upload(&mut self, phase: Phase, directory: &str, file: &str) {
        let params = vec![Value::from(directory), Value::from(file)];
        let arguments = Arguments::of(params);
        let call = HubCall { method: "upload", arguments, permission: Permission::None };
        self.add(phase, None, call);
    }

    fn add(&mut self, phase: Phase, component: Option<&ComponentKey>, call: HubCall) {
        self.calls.push(PlannedCall {
            method: call.method,
            params: call.params(),
            module: Some(self.work.build.row.id.clone()),
            component: component.cloned(),
            phase,
            permission: self.needed(&call),
        });
    }

    fn needed(&self, call: &HubCall) -> Needed {
        let permission = |name: &str| Needed::Permission(name.to_owned());
        let names = &self.request.site.names;
        match call.permission {
            Permission::None => Needed::Login,
            Permission::TagAdmin => permission("tag"),
            Permission::Target => permission("target"),
            Permission::PackageList => Needed::Policy("package_list"),
            Permission::Build => Needed::Policy(build_policy(call)),
            Permission::Import => Needed::Generator(names.content_generator.clone()),
            Permission::Repo if self.hub.has_requests => Needed::Login,
            Permission::Repo => permission("repo"),
            Permission::Tag => self.to_tag(call),
        }
    }

    /// Returns what tagging needs: the permission of a module's tags, where the site has one.
    fn to_tag(&self, call: &HubCall) -> Needed {
        let tag = call.arguments.positional.first().and_then(Value::as_str);
        let is_own = [&self.work.plan.tag, &self.work.plan.build_tag]
            .into_iter()
            .any(|own| tag == Some(own.as_str()));
        match &self.work.plan.permission {
            Some(name) if is_own => Needed::Permission(name.clone()),
            Some(_) | None => Needed::Policy("tag"),
        }
    }
}

/// Returns the policy that judges a build: of an uploaded source RPM, or of sources that koji fetches.
fn build_policy(call: &HubCall) -> &'static str {
    match call.arguments.positional.first().and_then(Value::as_str) {
        Some(source) if source.starts_with(UPLOADS) => "build_from_srpm",
        Some(_) | None => "build_from_scm",
    }
}
