//! Defaults of one module from several inputs become one, as the reference merges them.
//!
//! Within one file the last document wins. Between files of one priority the parts are joined; a
//! higher priority replaces everything below it. For each part the newest statement counts,
//! regardless of the order of inputs; if the newest ones disagree, there is no default.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::about::{Defaults, Intent};
use super::problem::{Code, Finding};
use crate::name::{ModuleName, StreamName};

/// Collects defaults as inputs are read, and joins them at the end.
#[derive(Debug, Default)]
pub(super) struct DefaultsMerger {
    /// The statements of inputs about a module, with their priorities, in the order of the inputs.
    modules: BTreeMap<ModuleName, Vec<(u16, Defaults)>>,
    is_strict: bool,
}

impl DefaultsMerger {
    pub(super) fn new(is_strict: bool) -> Self {
        Self { modules: BTreeMap::new(), is_strict }
    }

    /// Adds the statements of one input, with its priority.
    pub(super) fn input(&mut self, defaults: Vec<Defaults>, priority: u16) {
        let last: BTreeMap<ModuleName, Defaults> =
            defaults.into_iter().map(|defaults| (defaults.module.clone(), defaults)).collect();
        for (module, defaults) in last {
            self.modules.entry(module).or_default().push((priority, defaults));
        }
    }

    /// Returns one set of defaults per module, by module, and reports disagreements.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) -> Vec<Defaults> {
        let is_strict = self.is_strict;
        self.modules.into_values().map(|said| joined(said, is_strict, findings)).collect()
    }
}

fn joined(said: Vec<(u16, Defaults)>, is_strict: bool, findings: &mut Vec<Finding>) -> Defaults {
    let highest = said.iter().map(|(priority, _)| *priority).max();
    let mut said: Vec<Defaults> = said
        .into_iter()
        .filter(|(priority, _)| Some(*priority) == highest)
        .map(|(_, defaults)| defaults)
        .collect();
    let first = Defaults { profiles: BTreeMap::new(), intents: BTreeMap::new(), ..said[0].clone() };
    // Equally old ones stay in the order of the inputs.
    said.sort_by_key(|defaults| Reverse(defaults.modified));
    let mut joined = Joined::default();
    for defaults in &said {
        let conflicts = joined.add(defaults, is_strict).into_iter();
        findings.extend(conflicts.map(|(code, what)| conflict(defaults, code, what)));
    }
    let modified = said[0].modified;
    Defaults {
        modified,
        stream: joined.default.stream.and_then(|(_, stream)| stream),
        profiles: plain(joined.default.profiles),
        intents: joined
            .intents
            .into_iter()
            .map(|(name, part)| {
                let stream = part.stream.and_then(|(_, stream)| stream);
                (name, Intent { stream, profiles: plain(part.profiles) })
            })
            .collect(),
        ..first
    }
}

/// The newest statement of each part, with its time.
#[derive(Default)]
struct Joined {
    default: Part,
    intents: BTreeMap<Box<str>, Part>,
}

/// A default stream, `None` if the newest statements disagree, and default profiles by stream.
#[derive(Default)]
struct Part {
    stream: Option<(u64, Option<StreamName>)>,
    profiles: BTreeMap<StreamName, (u64, Names)>,
}

type Names = std::collections::BTreeSet<Box<str>>;

impl Joined {
    /// Adds statements that are not newer than those added before; returns differences between
    /// equally old ones.
    fn add(&mut self, other: &Defaults, is_strict: bool) -> Vec<(Code, String)> {
        let mut conflicts = Vec::new();
        if self.default.disagrees_on_stream(other.modified, other.stream.as_ref()) {
            let code = if is_strict { Code::DefaultsConflict } else { Code::DefaultStream };
            conflicts
                .push((code, "their default streams differ, so there is no default".to_owned()));
        }
        conflicts.extend(self.default.add_profiles(other.modified, &other.profiles));
        for (name, intent) in &other.intents {
            let part = self.intents.entry(name.clone()).or_default();
            conflicts.extend(part.add_profiles(other.modified, &intent.profiles));
            if part.disagrees_on_stream(other.modified, intent.stream.as_ref()) {
                let what = format!("the default streams of their intent {name} differ");
                conflicts.push((Code::DefaultsConflict, what));
            }
        }
        conflicts
    }
}

impl Part {
    /// Sets a default stream if no newer one is known. If equally old ones differ, neither counts,
    /// which is reported once.
    fn disagrees_on_stream(&mut self, modified: u64, other: Option<&StreamName>) -> bool {
        let Some(other) = other else { return false };
        match &mut self.stream {
            None => self.stream = Some((modified, Some(other.clone()))),
            Some((newest, ours)) if *newest == modified && ours.is_some() => {
                if ours.as_ref() != Some(other) {
                    *ours = None;
                    return true;
                }
            }
            Some(_) => {}
        }
        false
    }

    fn add_profiles(
        &mut self,
        modified: u64,
        others: &BTreeMap<StreamName, Names>,
    ) -> Vec<(Code, String)> {
        let mut conflicts = Vec::new();
        for (stream, other) in others {
            let ours = self.profiles.entry(stream.clone());
            let (newest, ours) = ours.or_insert_with(|| (modified, other.clone()));
            if *newest == modified && ours != other {
                let what = format!("their profiles for stream {stream} differ");
                conflicts.push((Code::DefaultsConflict, what));
            }
        }
        conflicts
    }
}

fn plain(profiles: BTreeMap<StreamName, (u64, Names)>) -> BTreeMap<StreamName, Names> {
    profiles.into_iter().map(|(stream, (_, names))| (stream, names)).collect()
}

fn conflict(other: &Defaults, code: Code, what: String) -> Finding {
    let message = format!("defaults of {} in several inputs are equally old: {what}", other.module);
    Finding::new(code, other.place, message)
        .hint("raise `modified` in the defaults that should win")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(modified: u64, stream: &str, profiles: &[(&str, &str)]) -> Defaults {
        Defaults {
            module: "m".into(),
            modified,
            stream: (!stream.is_empty()).then(|| stream.into()),
            profiles: profiles
                .iter()
                .map(|(stream, profile)| (StreamName::from(*stream), [Box::from(*profile)].into()))
                .collect(),
            intents: BTreeMap::new(),
            place: super::super::Place::default(),
        }
    }

    fn merged(inputs: Vec<(Defaults, u16)>) -> (Defaults, Vec<&'static str>) {
        let mut merger = DefaultsMerger::new(false);
        let mut findings = Vec::new();
        for (defaults, priority) in inputs {
            merger.input(vec![defaults], priority);
        }
        let merged = merger.finish(&mut findings).remove(0);
        let codes = findings.iter().map(|finding| finding.code.as_str()).collect();
        (merged, codes)
    }

    #[test]
    fn a_newer_side_wins_and_the_newest_time_is_kept() {
        let (result, codes) = merged(vec![
            (defaults(5, "1", &[("1", "a")]), 0),
            (defaults(3, "2", &[("1", "b"), ("2", "c")]), 0),
        ]);
        assert_eq!(result, defaults(5, "1", &[("1", "a"), ("2", "c")]));
        assert_eq!(codes, Vec::<&str>::new());
    }

    #[test]
    fn default_streams_that_disagree_cancel_for_good() {
        let (result, codes) = merged(vec![
            (defaults(0, "1", &[]), 0),
            (defaults(0, "2", &[]), 0),
            (defaults(0, "1", &[]), 0),
        ]);
        assert_eq!((result.stream, codes), (None, vec!["default-stream"]));
    }

    #[test]
    fn newer_defaults_win_in_every_order_of_the_inputs() {
        let inputs = [defaults(0, "9.6", &[]), defaults(0, "10", &[]), defaults(7, "11", &[])];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let (result, codes) = merged(order.map(|at| (inputs[at].clone(), 0)).to_vec());
            assert_eq!((result, codes), (inputs[2].clone(), Vec::new()), "{order:?}");
        }
    }

    #[test]
    fn a_disagreement_that_newer_profiles_settle_is_none() {
        let old = [defaults(0, "", &[("1", "a")]), defaults(0, "", &[("1", "b")])];
        let newer = defaults(7, "", &[("1", "c"), ("2", "d")]);
        let [one, two] = old;
        let (result, codes) = merged(vec![(one, 0), (two, 0), (newer.clone(), 0)]);
        assert_eq!((result, codes), (newer, Vec::new()));
    }

    #[test]
    fn profiles_that_disagree_are_an_error() {
        let (_, codes) =
            merged(vec![(defaults(0, "", &[("1", "a")]), 0), (defaults(0, "", &[("1", "b")]), 0)]);
        assert_eq!(codes, ["defaults-conflict"]);
    }

    #[test]
    fn a_higher_priority_replaces_everything_however_old() {
        let (result, codes) = merged(vec![
            (defaults(9, "1", &[("1", "a")]), 0),
            (defaults(0, "2", &[]), 10),
            (defaults(99, "3", &[]), 0),
        ]);
        assert_eq!((result, codes), (defaults(0, "2", &[]), Vec::new()));
    }
}
