//! Which module builds a list has.

use std::sync::Arc;

use super::columns::module;
use super::{Query, Refusal};
use crate::serve::{Book, ModuleBuild, State, read_moment};

/// The columns that filters may name; the number has an address of its own.
const COLUMNS: &[&str] = &[
    "name",
    "stream",
    "version",
    "context",
    "state_reason",
    "owner",
    "scmurl",
    "scratch",
    "koji_tag",
    "cg_build_koji_tag",
    "batch",
    "rebuild_strategy",
    "build_context",
    "build_context_no_bms",
    "runtime_context",
    "new_repo_task_id",
    "reused_module_id",
];

/// The filters on the base module that a build is built on.
const BASE_COLUMNS: &[&str] = &["name", "stream", "version", "context", "stream_version"];

/// Returns the builds that every filter of a request lets pass, by number.
pub(super) fn filtered<'b>(
    book: &'b Book,
    query: &Query,
    id_address: &str,
) -> Result<Vec<&'b Arc<ModuleBuild>>, Refusal> {
    if let Some(id) = query.last("id") {
        return Err(Refusal::bad(format!(
            "The \"id\" query option is invalid. Did you mean to go to \"{id_address}{id}\"?"
        )));
    }
    let filters = Filters::read(query)?;
    Ok(book.all().filter(|build| filters.let_pass(build, book)).collect())
}

/// A moment that a build must be before or after.
#[derive(Clone, Copy)]
struct Bound {
    of: fn(&ModuleBuild) -> Option<i64>,
    is_before: bool,
    at: i64,
}

struct Filters<'q> {
    query: &'q Query,
    states: Vec<State>,
    bounds: Vec<Bound>,
    nsvc: Option<Vec<&'q str>>,
    base: Option<Vec<&'q str>>,
    stream_version_max: Option<f64>,
    base_stream_versions: [Option<f64>; 2],
}

impl<'q> Filters<'q> {
    fn read(query: &'q Query) -> Result<Self, Refusal> {
        let state = |text: &str| {
            let unknown = || Refusal::bad(format!("Invalid state was supplied: {text}"));
            State::read(text).ok_or_else(unknown)
        };
        let base = query.last("base_module_br").map(|text| text.split(':').collect::<Vec<_>>());
        if base.as_ref().is_some_and(|parts| parts.len() != 4) {
            let message =
                "The filter argument for \"base_module_br\" must be in the format of N:S:V:C";
            return Err(Refusal::bad(message));
        }
        Ok(Self {
            query,
            states: query.all("state").map(state).collect::<Result<_, _>>()?,
            bounds: bounds(query)?,
            nsvc: query.last("nsvc").map(|text| text.split(':').collect()),
            base,
            stream_version_max: stream_version(query, "stream_version_lte")?,
            base_stream_versions: [
                stream_version(query, "base_module_br_stream_version_gte")?,
                stream_version(query, "base_module_br_stream_version_lte")?,
            ],
        })
    }

    fn let_pass(&self, build: &ModuleBuild, book: &Book) -> bool {
        let is_state = self.states.is_empty() || self.states.contains(&build.state);
        is_state
            && COLUMNS.iter().all(|name| self.column(build, name, name))
            && self.bounds.iter().all(|bound| bound.let_pass(build))
            && self.nsvc.as_ref().is_none_or(|parts| is_nsvc(build, parts))
            && self.rpm(build)
            && self.virtual_stream(build)
            && self.stream_version_max.is_none_or(|max| is_up_to(build.stream_version, max))
            && self.on_base(build, book)
    }

    /// Compares a column with a parameter; repeated ones must all hold, as nothing can be two values.
    fn column(&self, build: &ModuleBuild, name: &str, parameter: &str) -> bool {
        let is = |wanted: &str| module(build, name).is_some_and(|column| column.is(wanted));
        self.query.all(parameter).all(is)
    }

    /// An RPM is known by its release, whose end is the hash of one module build.
    fn rpm(&self, build: &ModuleBuild) -> bool {
        let release = |nvr: &str| nvr.rsplit('-').next().map(str::to_owned);
        self.query.all("rpm").all(|rpm| {
            let plain = rpm.strip_suffix(".rpm").unwrap_or(rpm);
            let without_arch = plain.rsplit_once('.').map_or(plain, |(nvr, _)| nvr);
            let nvrs = build.components.iter().filter_map(|one| one.nvr.as_deref());
            let mut releases = nvrs.filter_map(release);
            releases.any(|own| Some(&own) == release(without_arch).as_ref())
        })
    }

    fn virtual_stream(&self, build: &ModuleBuild) -> bool {
        let mut wanted = self.query.all("virtual_stream").peekable();
        wanted.peek().is_none()
            || wanted.any(|stream| build.virtual_streams.iter().any(|own| own == stream))
    }

    fn on_base(&self, build: &ModuleBuild, book: &Book) -> bool {
        let [min, max] = self.base_stream_versions;
        let names: Vec<(&str, String)> = BASE_COLUMNS
            .iter()
            .map(|name| (*name, format!("base_module_br_{name}")))
            .filter(|(_, parameter)| self.query.last(parameter).is_some())
            .collect();
        if self.base.is_none() && names.is_empty() && min.is_none() && max.is_none() {
            return true;
        }
        build.base_modules.iter().filter_map(|id| book.get(*id)).any(|base| {
            self.base.as_ref().is_none_or(|parts| is_nsvc(base, parts))
                && names.iter().all(|(name, parameter)| self.column(base, name, parameter))
                && min.is_none_or(|min| base.stream_version.is_some_and(|own| own >= min))
                && max.is_none_or(|max| is_up_to(base.stream_version, max))
        })
    }
}

impl Bound {
    fn let_pass(&self, build: &ModuleBuild) -> bool {
        let Some(at) = (self.of)(build) else { return false };
        if self.is_before { at <= self.at } else { at >= self.at }
    }
}

fn bounds(query: &Query) -> Result<Vec<Bound>, Refusal> {
    type Of = fn(&ModuleBuild) -> Option<i64>;
    let times: [(&str, Of); 3] = [
        ("submitted", |build| Some(build.submitted)),
        ("modified", |build| Some(build.modified)),
        ("completed", |build| build.completed),
    ];
    let mut bounds = Vec::new();
    for (name, of) in times {
        for is_before in [true, false] {
            let key = format!("{name}_{}", if is_before { "before" } else { "after" });
            for text in query.all(&key) {
                let at = read_moment(text).ok_or_else(|| {
                    Refusal::bad(format!(
                        "An invalid Zulu ISO 8601 timestamp was provided for the \"{key}\" parameter"
                    ))
                })?;
                bounds.push(Bound { of, is_before, at });
            }
        }
    }
    Ok(bounds)
}

/// Reads the number of a stream: that of a whole major release at least.
fn stream_version(query: &Query, key: &str) -> Result<Option<f64>, Refusal> {
    let Some(text) = query.last(key) else { return Ok(None) };
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 10_000.0);
    number.map(Some).ok_or_else(|| {
        Refusal::bad(format!(
            "An invalid value of {key} was provided. It must be an integer or float greater than or equal \
             to 10000."
        ))
    })
}

/// Returns whether the number of a stream is of the same major release as another, and not above it.
fn is_up_to(own: Option<f64>, max: f64) -> bool {
    let min = (max / 10_000.0).floor() * 10_000.0;
    own.is_some_and(|own| (min..=max).contains(&own))
}

/// Compares the parts of an identity; those that are left out at its end, or empty, are any.
fn is_nsvc(build: &ModuleBuild, parts: &[&str]) -> bool {
    let own = [&*build.name, &*build.stream, &*build.version.to_string(), &*build.context]
        .map(str::to_owned);
    parts.len() <= own.len()
        && parts.iter().zip(&own).all(|(part, own)| part.is_empty() || part == own)
}
