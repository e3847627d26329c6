//! Defaults of one module from several inputs become one, as the reference merges them.
//!
//! Within one file the last document wins. Between files of one priority the parts are joined; a
//! higher priority replaces everything said below it.

use std::collections::BTreeMap;

use super::about::{Defaults, Intent};
use super::problem::{Code, Finding};
use crate::name::{ModuleName, StreamName};

/// Merges defaults as inputs are read, and tells where they disagree.
#[derive(Debug, Default)]
pub(super) struct DefaultsMerger {
    modules: BTreeMap<ModuleName, Merged>,
    is_strict: bool,
}

#[derive(Debug)]
struct Merged {
    defaults: Defaults,
    priority: u16,
    /// Two default streams disagreed: no third input can bring one back.
    has_no_stream: bool,
}

/// Whether two sides of one value agree, and which is newer where not.
enum Verdict {
    Keep,
    Replace,
    Tie,
}

impl DefaultsMerger {
    pub(super) fn new(is_strict: bool) -> Self {
        Self { modules: BTreeMap::new(), is_strict }
    }

    /// Adds what one input says, its priority given.
    pub(super) fn input(
        &mut self,
        defaults: Vec<Defaults>,
        priority: u16,
        findings: &mut Vec<Finding>,
    ) {
        let last: BTreeMap<ModuleName, Defaults> =
            defaults.into_iter().map(|defaults| (defaults.module.clone(), defaults)).collect();
        for (module, defaults) in last {
            let fresh = || Merged { defaults: defaults.clone(), priority, has_no_stream: false };
            match self.modules.get_mut(&module) {
                Some(known) if known.priority == priority => {
                    known.join(&defaults, self.is_strict, findings);
                }
                Some(known) if known.priority > priority => {}
                Some(known) => *known = fresh(),
                None => {
                    self.modules.insert(module, fresh());
                }
            }
        }
    }

    /// Returns one set of defaults a module, by module.
    pub(super) fn finish(self) -> Vec<Defaults> {
        self.modules.into_values().map(|merged| merged.defaults).collect()
    }
}

impl Merged {
    fn join(&mut self, other: &Defaults, is_strict: bool, findings: &mut Vec<Finding>) {
        let verdict = match other.modified.cmp(&self.defaults.modified) {
            std::cmp::Ordering::Less => Verdict::Keep,
            std::cmp::Ordering::Greater => Verdict::Replace,
            std::cmp::Ordering::Equal => Verdict::Tie,
        };
        let mut conflicts = Vec::new();
        if !self.has_no_stream {
            let is_tie = join_stream(&mut self.defaults.stream, &other.stream, &verdict);
            if is_tie {
                self.has_no_stream = true;
                let code = if is_strict { Code::DefaultsConflict } else { Code::DefaultStream };
                conflicts
                    .push((code, "their default streams differ: there is none now".to_owned()));
            }
        }
        let ours = &mut self.defaults;
        conflicts.extend(join_profiles(&mut ours.profiles, &other.profiles, &verdict));
        for (name, intent) in &other.intents {
            let known = ours.intents.entry(name.clone()).or_insert_with(|| intent.clone());
            conflicts.extend(join_intent(known, (name, intent), &verdict));
        }
        ours.modified = ours.modified.max(other.modified);
        findings.extend(conflicts.into_iter().map(|(code, what)| conflict(other, (code, what))));
    }
}

fn conflict(other: &Defaults, (code, what): (Code, String)) -> Finding {
    let message = format!("defaults of {} in several inputs, equally old: {what}", other.module);
    Finding::new(code, other.place, message).hint("the one with the higher `modified` would win")
}

/// Joins a default stream; true where the two sides differ and neither is newer.
fn join_stream(
    ours: &mut Option<StreamName>,
    other: &Option<StreamName>,
    verdict: &Verdict,
) -> bool {
    match (ours.as_ref(), other) {
        (_, None) => false,
        (None, Some(_)) => {
            ours.clone_from(other);
            false
        }
        (Some(left), Some(right)) if left == right => false,
        (Some(_), Some(_)) => match verdict {
            Verdict::Keep => false,
            Verdict::Replace => {
                ours.clone_from(other);
                false
            }
            Verdict::Tie => {
                *ours = None;
                true
            }
        },
    }
}

type Profiles = BTreeMap<StreamName, std::collections::BTreeSet<Box<str>>>;

fn join_profiles(ours: &mut Profiles, others: &Profiles, verdict: &Verdict) -> Vec<(Code, String)> {
    let mut conflicts = Vec::new();
    for (stream, other) in others {
        match (ours.get(stream), verdict) {
            (Some(known), _) if known == other => {}
            (Some(_), Verdict::Keep) => {}
            (Some(_), Verdict::Tie) => {
                let what = format!("their profiles for stream {stream} differ");
                conflicts.push((Code::DefaultsConflict, what));
            }
            (Some(_), Verdict::Replace) | (None, _) => {
                ours.insert(stream.clone(), other.clone());
            }
        }
    }
    conflicts
}

fn join_intent(
    ours: &mut Intent,
    (name, other): (&str, &Intent),
    verdict: &Verdict,
) -> Vec<(Code, String)> {
    let mut conflicts = join_profiles(&mut ours.profiles, &other.profiles, verdict);
    if join_stream(&mut ours.stream, &other.stream, verdict) {
        let what = format!("the default streams of their intent {name} differ");
        conflicts.push((Code::DefaultsConflict, what));
    }
    conflicts
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
            merger.input(vec![defaults], priority, &mut findings);
        }
        let codes = findings.iter().map(|finding| finding.code.as_str()).collect();
        (merger.finish().remove(0), codes)
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
