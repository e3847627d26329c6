//! Faults of a hub behind a network, and of its data. They are for mock hubs only, because the
//! simulator has no network between an orchestrator and its hub.

use crate::settings::{self, Node, Reader};
use crate::time::Millis;

/// The fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubFaultKind {
    /// Requests do not reach the hub: the connection breaks.
    RequestsLost,
    /// The hub carries out the request, and the connection breaks before the answer.
    AnswersLost,
    /// Answers come late.
    CallsDelayed,
    /// Requests reach the hub twice; the second answer is returned.
    CallsDoubled,
    /// Every session expires.
    SessionsExpired,
    /// An admin cancels every open task that has no parent.
    TasksCanceled,
    /// The build exists already.
    BuildExists,
    /// A package is blocked in a tag.
    PackageBlocked,
    /// A tag is locked.
    TagLocked,
}

/// One fault of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFault {
    /// When it begins.
    pub at: Millis,
    /// How long it lasts; default: for ever.
    pub lasts: Option<Millis>,
    /// The fault.
    pub kind: HubFaultKind,
    /// The method, or the kind of task, that it affects; default: any.
    pub method: Option<String>,
    /// It affects every n-th call.
    pub every: u32,
    /// The delay of an answer.
    pub delay: Millis,
    /// The name, version and release of a build.
    pub nvr: Option<String>,
    /// A package.
    pub package: Option<String>,
    /// A tag.
    pub tag: Option<String>,
    /// The line of the scenario file; 0 where there is none.
    pub line: u32,
}

use HubFaultKind as Kind;

/// The kinds that a key applies to, and those that require it.
const KEYS: [(&str, &[Kind], bool); 6] = [
    ("every", &WIRE, false),
    ("delay", &[Kind::CallsDelayed], true),
    ("nvr", &[Kind::BuildExists], true),
    ("package", &[Kind::PackageBlocked], true),
    ("tag", &[Kind::PackageBlocked, Kind::TagLocked], true),
    ("for", &LASTING, false),
];
const WIRE: [Kind; 4] =
    [Kind::RequestsLost, Kind::AnswersLost, Kind::CallsDelayed, Kind::CallsDoubled];
const LASTING: [Kind; 6] = [
    Kind::RequestsLost,
    Kind::AnswersLost,
    Kind::CallsDelayed,
    Kind::CallsDoubled,
    Kind::PackageBlocked,
    Kind::TagLocked,
];

impl HubFaultKind {
    /// Every kind with its name in scenario files.
    pub const ALL: [(&'static str, Self); 9] = [
        ("requests-lost", Self::RequestsLost),
        ("answers-lost", Self::AnswersLost),
        ("calls-delayed", Self::CallsDelayed),
        ("calls-doubled", Self::CallsDoubled),
        ("sessions-expired", Self::SessionsExpired),
        ("tasks-canceled", Self::TasksCanceled),
        ("build-exists", Self::BuildExists),
        ("package-blocked", Self::PackageBlocked),
        ("tag-locked", Self::TagLocked),
    ];

    /// Returns the name in scenario files.
    ///
    /// # Panics
    /// Never: [`HubFaultKind::ALL`] has every kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let entry = Self::ALL.iter().find(|(_, kind)| *kind == self);
        entry.expect("every kind has a word").0
    }

    /// Returns whether it is on the way between a client and its hub.
    #[must_use]
    pub fn is_of_wire(self) -> bool {
        WIRE.contains(&self)
    }
}

impl HubFault {
    /// Returns whether it is active at a moment.
    #[must_use]
    pub fn is_on(&self, at: Millis) -> bool {
        self.at <= at && self.lasts.is_none_or(|lasts| at < self.at + lasts)
    }
}

/// Reads one fault.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<HubFault> {
    let known = ["at", "for", "kind", "method", "every", "delay", "nvr", "package", "tag"];
    let section = reader.section(node, "hub_faults", &known);
    let at = match section.find("at") {
        None => Some(Millis::ZERO),
        Some(_) => reader.value(&section, "at", settings::duration),
    };
    let kind = reader.required(&section, "kind", |text| settings::word(text, &Kind::ALL));
    let fault = HubFault {
        at: at?,
        lasts: reader.value(&section, "for", settings::interval),
        kind: kind?,
        method: reader.value(&section, "method", settings::text),
        every: reader.value(&section, "every", settings::positive_count).unwrap_or(1),
        delay: reader.value(&section, "delay", settings::interval).unwrap_or(Millis::ZERO),
        nvr: reader.value(&section, "nvr", nvr),
        package: reader.value(&section, "package", settings::text),
        tag: reader.value(&section, "tag", settings::text),
        line: node.place.line,
    };
    let of_calls = WIRE.contains(&fault.kind) || fault.kind == Kind::TasksCanceled;
    if let Some(node) = section.find("method").filter(|_| !of_calls) {
        let kind = fault.kind.as_str();
        reader.wrong(node.place, format!("`hub_faults.method` does not apply to `{kind}`"));
    }
    for (key, kinds, is_required) in KEYS {
        let kind = fault.kind.as_str();
        match (section.find(key), kinds.contains(&fault.kind)) {
            (Some(node), false) => {
                let what = format!("`hub_faults.{key}` does not apply to `{kind}`");
                reader.wrong(node.place, what);
            }
            (None, true) if is_required => {
                reader
                    .wrong(node.place, format!("`hub_faults.{key}` is missing: `{kind}` needs it"));
            }
            (Some(_), true) | (None, _) => {}
        }
    }
    Some(fault)
}

fn nvr(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.rsplitn(3, '-').collect();
    if parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) {
        return Ok(text.to_owned());
    }
    Err("a build is NAME-VERSION-RELEASE".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn read(text: &str) -> Result<Vec<HubFault>, Vec<(u32, String)>> {
        let read = Scenario::read(text.as_bytes(), 0);
        read.map(|scenario| scenario.hub_faults).map_err(|problems| {
            problems.into_iter().map(|problem| (problem.place.line, problem.message)).collect()
        })
    }

    #[test]
    fn faults_of_a_hub_are_read() {
        let faults = read(
            "hub_faults:\n- {kind: requests-lost, method: createTag, every: 3, for: 10m}\n\
             - {at: 1h, kind: build-exists, nvr: perl-DBI-1.64-1.el8}\n\
             - {at: 1h, kind: calls-delayed, delay: 30s}\n",
        )
        .expect("they are right");
        assert_eq!((faults[0].every, faults[0].method.as_deref()), (3, Some("createTag")));
        let on = |at: u64| faults[0].is_on(Millis::from_secs(at));
        assert_eq!((on(0), on(599), on(600)), (true, true, false));
        assert_eq!(faults[1].nvr.as_deref(), Some("perl-DBI-1.64-1.el8"));
        assert_eq!((faults[2].every, faults[2].delay), (1, Millis::from_secs(30)));
    }

    #[test]
    fn what_a_fault_lacks_or_has_too_much_is_wrong() {
        let problems = read(
            "hub_faults:\n- {kind: tag-locked}\n- {kind: sessions-expired, for: 1h}\n\
             - {kind: build-exists, nvr: perl}\n- {kind: answers-losst}\n\
             - {kind: tag-locked, tag: m, method: build}\n",
        )
        .expect_err("they are wrong");
        let lines: Vec<u32> = problems.iter().map(|(line, _)| *line).collect();
        assert!(lines.starts_with(&[2, 3, 4]) && lines.ends_with(&[5, 6]), "{problems:?}");
        assert_eq!(problems[0].1, "`hub_faults.tag` is missing: `tag-locked` needs it");
        assert!(problems[1].1.contains("`hub_faults.for` does not apply to `sessions-expired`"));
        assert!(problems.iter().any(|(_, text)| text.contains("did you mean `answers-lost`?")));
    }
}
