//! The modules of a plan as builds: their documents, platforms and new versions.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::Request;
use super::check::{Checks, counted};
use crate::load::{Stream, parse_text};
use crate::module_build::identity::{Numbering, nsvc};
use crate::name::{NameStream, Nsvc, StreamName, Version};
use crate::plan::model::PlanModule;
use crate::plan::platform::Platforms;
use crate::site::Platform;

/// A module that is to be built.
#[derive(Clone, Debug)]
pub(super) struct ModuleBuild<'a> {
    /// Its row in the plan.
    pub(super) row: &'a PlanModule,
    /// Its document, with the new version.
    pub(super) stored: Stream,
    /// Its new identity.
    pub(super) nsvc: Nsvc,
    /// The stream of the base module that it is built on.
    pub(super) base: StreamName,
    /// What the site has for it.
    pub(super) platform: &'a Platform,
}

impl ModuleBuild<'_> {
    pub(super) fn name_stream(&self) -> NameStream {
        self.stored.name_stream()
    }

    /// Returns what stands for the platform in dist tags.
    pub(super) fn marking(&self) -> &str {
        self.platform.marking.as_deref().unwrap_or(self.base.as_str())
    }
}

/// Returns what is to be built, in the order of the plan; what cannot be built is a problem.
pub(super) fn builds<'a>(request: Request<'a>, checks: &mut Checks) -> Vec<ModuleBuild<'a>> {
    let plan = request.plan;
    let mut problems = Vec::new();
    if plan.on_platform.is_some() {
        problems.push(
            "the plan is for another platform than its documents: expand them for it, and plan again"
                .to_owned(),
        );
    }
    let mut versions = Versions::of(request);
    let mut builds = Vec::new();
    for row in plan.modules.iter().filter(|row| !row.pass_through) {
        match build(request, row, &mut versions) {
            Ok(build) => builds.push(build),
            Err(why) => problems.push(format!("{}: {why}", row.id)),
        }
    }
    if builds.is_empty() && problems.is_empty() {
        problems.push("the plan builds nothing".to_owned());
    }
    checks.all("modules", problems, counted(builds.len(), "module build"));
    limit(request, builds.len(), checks);
    builds
}

/// Checks that a run makes no more module builds than the site allows.
fn limit(request: Request<'_>, count: usize, checks: &mut Checks) {
    let max = request.site.limits.max_builds;
    let plan = format!("plan has {}, limit {max}", counted(count, "build"));
    match u32::try_from(count).is_ok_and(|count| count <= max) {
        true => checks.good("builds", plan),
        false => checks.bad(
            "builds",
            format!(
                "{plan}: select fewer modules, or raise `limits.max_builds` in the configuration"
            ),
        ),
    }
}

/// Returns how many components are built.
pub(super) fn components(builds: &[ModuleBuild<'_>]) -> usize {
    let batches = builds.iter().flat_map(|build| &build.row.batches);
    batches.flat_map(|batch| &batch.components).filter(|component| !component.reused).count()
}

fn build<'a>(
    request: Request<'a>,
    row: &'a PlanModule,
    versions: &mut Versions,
) -> Result<ModuleBuild<'a>, String> {
    let base = row.platform.as_deref().ok_or("it names no platform to build on")?;
    let base = StreamName::from(base);
    let platform = request.site.platform(&base).ok_or_else(|| {
        let known: Vec<&str> = request.site.platforms.keys().map(String::as_str).collect();
        format!("the configuration has no platform {base}, only {}", known.join(", "))
    })?;
    let text = row.modulemd.as_deref().ok_or("the plan holds no document of it")?;
    let mut snapshot = parse_text(&row.id, text);
    let (Some(mut stored), true) = (snapshot.streams.pop(), snapshot.streams.is_empty()) else {
        return Err("its document in the plan cannot be read".to_owned());
    };
    if stored.context.is_none() && !row.context.is_empty() {
        stored.context = Some(row.context.as_str().into());
    }
    let nsvc = nsvc(&stored, versions.numbering(row, platform, &base));
    let nsvc = nsvc.map_err(|error| error.to_string())?;
    versions.note(row, nsvc.version);
    stored.version = nsvc.version;
    Ok(ModuleBuild { row, stored, nsvc, base, platform })
}

/// Gives out versions: one for each submission, above every one known.
struct Versions {
    submitted: jiff::Timestamp,
    /// Whether each context is submitted by itself, so that each needs a version of its own.
    by_context: bool,
    /// The greatest version known before, by stream.
    known: BTreeMap<NameStream, Version>,
    /// How many submissions of a stream there were, and the greatest version they got.
    given: BTreeMap<NameStream, (i64, Version)>,
}

impl Versions {
    fn of(request: Request<'_>) -> Self {
        let mut known: BTreeMap<NameStream, Version> = BTreeMap::new();
        for row in &request.plan.modules {
            let latest = known.entry(stream(row)).or_default();
            *latest = row.version.parse().map_or(*latest, |version| Version(version).max(*latest));
        }
        let by_context = request.plan.selection.unit == "context";
        Self { submitted: request.submitted, by_context, known, given: BTreeMap::new() }
    }

    fn numbering(&self, row: &PlanModule, platform: &Platform, base: &StreamName) -> Numbering {
        let before = self.known.get(&stream(row)).copied().unwrap_or_default();
        if let Some(planned) = row.new_version.as_ref().and_then(|text| text.parse().ok()) {
            return Numbering::Given(Version(planned));
        }
        let (count, latest) = match self.given.get(&stream(row)) {
            Some(&(count, latest)) if self.by_context => (count, latest.max(before)),
            Some(_) | None => (0, before),
        };
        let later = self.submitted.saturating_add(SignedDuration::from_secs(count));
        let prefix = platform.version_prefix.map(|prefix| prefix.to_string());
        let number = StreamName::from(prefix.as_deref().unwrap_or(base.as_str()));
        Numbering::Fresh {
            submitted: later.unwrap_or(self.submitted),
            platform: Some(Platforms::default().stream_version(&number)),
            latest,
        }
    }

    fn note(&mut self, row: &PlanModule, version: Version) {
        let (count, latest) = self.given.entry(stream(row)).or_default();
        *count += 1;
        *latest = version.max(*latest);
    }
}

fn stream(row: &PlanModule) -> NameStream {
    NameStream::new(row.name.as_str(), row.stream.as_str())
}
