//! Every call of a run that changes something, in order.

use std::collections::BTreeMap;

use super::knowledge::Knowledge;
use super::naming::Naming;
use super::package_checks::listed;
use super::planned_call::{Needed, PlannedCall};
use super::settled::Settled;
use super::tags::TagWork;
use super::{Phase, locks};
use crate::koji::calls::{CgImport, Map, NewRepo, RepoRequestCall};
use crate::koji::shapes::Package;
use crate::koji::{Arguments, Value};
use crate::module_build::batch_calls::{
    Built, Submission, UPLOADS, build, install_macros, macros_directory, tag_built,
};
use crate::module_build::dist_repo::dist_repo;
use crate::module_build::hub_call::{HubCall, Permission};
use crate::module_build::identity::devel;
use crate::module_build::publish::{Publication, publish};
use crate::module_build::{import, macros};
use crate::name::{ComponentKey, NameStream, PackageName};
use crate::plan::model::{PlanBatch, PlanComponent};
use crate::plan::names::content_nvr;
use crate::site::{FinalRepo, FinalRepoKind};

/// When what belongs to a module's `-devel` is made.
const ONLY_IF_DEVEL: &str = "something was built that the module does not ship";

/// Returns every call: module by module in the order of the plan, a stream locked from before its first
/// module until after its last.
pub(super) fn calls(settled: Settled<'_, '_, '_>, known: &mut Knowledge) -> Vec<PlannedCall> {
    let Settled { request, works, .. } = settled;
    let mut left: BTreeMap<NameStream, usize> = BTreeMap::new();
    for work in works {
        *left.entry(work.build.name_stream()).or_default() += 1;
    }
    let count = left.clone();
    let naming = Naming::of(request);
    let mut all = Vec::new();
    for work in works {
        let stream = work.build.name_stream();
        let mut script = Script { settled, work, calls: Vec::new(), repos: 0, is_stale: false };
        if left[&stream] == count[&stream] {
            if locks::is_left_behind(request, &stream, known) {
                script.add(Phase::Prepare, None, locks::release(naming, &stream));
            }
            script.add(Phase::Prepare, None, locks::take(naming, &stream));
        }
        script.module(known);
        let open = left.get_mut(&stream).expect("every stream is counted");
        *open -= 1;
        if *open == 0 {
            script.add(Phase::Publish, None, locks::release(naming, &stream));
        }
        all.append(&mut script.calls);
    }
    all
}

/// The calls of one module.
struct Script<'s, 'b, 'a> {
    settled: Settled<'s, 'b, 'a>,
    work: &'s TagWork<'b, 'a>,
    calls: Vec<PlannedCall>,
    /// How many repos were asked for.
    repos: u32,
    /// Whether something was tagged since the last of them.
    is_stale: bool,
}

impl Script<'_, '_, '_> {
    fn module(&mut self, known: &mut Knowledge) {
        for change in self.work.changes.clone() {
            self.add(Phase::Prepare, None, change);
        }
        let work = self.work;
        let batches = &work.build.row.batches;
        let built = |batch: &PlanBatch| batch.components.iter().any(|one| !one.reused);
        if batches.iter().any(built) {
            self.macros();
        }
        for batch in batches {
            if self.is_stale && built(batch) {
                self.repo();
            }
            for component in batch.components.iter().filter(|component| !component.reused) {
                self.build(component);
            }
            self.tag(&batch.components);
        }
        if !Naming::of(self.settled.request).is_scratch() {
            self.import_and_publish(known);
        }
    }

    /// Adds the macros package: uploaded, built, and in every buildroot of the first repo.
    fn macros(&mut self) {
        let work = self.work;
        let directory = macros_directory("{run}", &work.names.target);
        let file = macros::source_rpm(work.names.dist_tag.as_deref().unwrap_or_default());
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
        let url = self.settled.sources.url(&self.work.build.row.id, &component.component);
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
            priority: self.settled.request.site.limits.priority.into(),
        };
        let call = build(&self.work.plan, submission);
        self.add(Phase::Build, component, call);
    }

    /// Adds the tagging of a batch: what is for the build only stays out of the module's tag.
    fn tag(&mut self, components: &[PlanComponent]) {
        let work = self.work;
        let documents = &work.build.stored.components;
        for component in components {
            let reused = self.settled.reused.of(&work.build.row.id, &component.component);
            let nvr = match reused {
                Some(reused) => reused.nvr.clone(),
                None => format!("{{nvr:{}}}", component.component),
            };
            let document = documents.get(&component.component);
            let is_build_only = document.is_some_and(|document| document.buildonly);
            let built = Built { package: &component.package, nvr: &nvr, is_build_only };
            for call in tag_built(&work.plan, &[built]) {
                self.add(Phase::Build, Some(&component.component), call);
            }
        }
        self.is_stale = true;
    }

    fn repo(&mut self) {
        self.repos += 1;
        self.is_stale = false;
        let tag = &self.work.plan.build_tag;
        let call = if self.settled.hub.has_requests {
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
        let own = (work.build.nsvc.clone(), None);
        let halves = [own, (devel(&work.build.nsvc), Some(ONLY_IF_DEVEL))];
        for (nsvc, only_if) in &halves {
            let nvr = content_nvr(nsvc);
            let directory = import::directory("{run}", &nvr);
            for file in self.documents() {
                self.upload(Phase::Import, &directory, &file);
                self.last_only_if(*only_if);
            }
            let metadata = Value::Text(format!("{{metadata:{nvr}}}"));
            let call = CgImport { metadata, directory, ..CgImport::default() };
            self.add(Phase::Import, None, HubCall::of(&call, Permission::Import));
            self.last_only_if(*only_if);
        }
        self.dist_repo();
        let tag = &work.build.platform.publish_to;
        let owner = &work.plan.owner;
        for (nsvc, only_if) in &halves {
            let (package, nvr) = (nsvc.name.to_string(), content_nvr(nsvc));
            let rows: Vec<Package> = listed(known, tag, &package).unwrap_or_default();
            let publication = Publication { tag, package: &package, nvr: &nvr, owner };
            for call in publish(publication, &rows, &[]) {
                self.add(Phase::Publish, None, call);
                self.last_only_if(*only_if);
            }
        }
    }

    /// Adds koji's dist-repo of the module's tag, where the site has final repositories made of it.
    fn dist_repo(&mut self) {
        let site = self.settled.request.site;
        if let Some(FinalRepo { kind: FinalRepoKind::Koji, .. }) = &site.final_repo {
            let keys = site.signing.as_ref().map_or(&[][..], |signing| &signing.keys);
            let call = dist_repo(&self.work.plan.tag, &self.work.plan.arches, keys);
            self.add(Phase::Repo, None, call);
        }
    }

    /// Says of the last call when it is made.
    fn last_only_if(&mut self, only_if: Option<&'static str>) {
        if let Some(call) = self.calls.last_mut() {
            call.only_if = only_if;
        }
    }

    /// Returns the files of an import.
    fn documents(&self) -> Vec<String> {
        let per_arch = self.work.plan.arches.iter().map(import::arch_document);
        per_arch.chain([import::PLAIN_DOCUMENT.to_owned()]).collect()
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
            only_if: None,
        });
    }

    fn needed(&self, call: &HubCall) -> Needed {
        let permission = |name: &str| Needed::Permission(name.to_owned());
        let names = &self.settled.request.site.names;
        match call.permission {
            Permission::None => Needed::Login,
            Permission::TagAdmin => permission("tag"),
            Permission::Target => permission("target"),
            Permission::PackageList => Needed::Policy("package_list"),
            Permission::Build => Needed::Policy(build_policy(call)),
            Permission::Import => Needed::Generator(names.content_generator.clone()),
            Permission::DistRepo => permission("dist-repo"),
            Permission::Repo if self.settled.hub.has_requests => Needed::Login,
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
