//! Describes why streams conflict: the requirements and the builds that satisfy them.

use std::fmt;

use crate::name::{ModuleName, Nsvc, StreamName};

/// The owner of a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The document to be built.
    Document,
    /// A build in the buildroot.
    Build(Nsvc),
}

/// One of the requirements that cannot be met together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its owner.
    pub who: Who,
    /// The chain of requirements that brought that build into the buildroot, up to the document's
    /// own.
    pub via: Vec<Nsvc>,
    /// The accepted streams, as written; empty for any.
    pub streams: Vec<StreamName>,
    /// The builds that would do.
    pub builds: Vec<Nsvc>,
}

/// Requirements on one module that no single build meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The module.
    pub name: ModuleName,
    /// The requirements, in the order in which they were met; a single one has no matching build at
    /// all.
    pub sides: Vec<Side>,
    /// How many other choices of builds were tried and failed as well.
    pub others: usize,
    /// Whether the search was cut short: then it is unknown whether an answer exists.
    pub undecided: bool,
}

impl Conflict {
    /// Returns the builds that exclude each other, each pair once and in order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&Nsvc, &Nsvc)> {
        let [first, second] = self.sides.as_slice() else {
            return Vec::new();
        };
        let pair = |a, b| if a < b { (a, b) } else { (b, a) };
        let mut pairs: Vec<_> = first
            .builds
            .iter()
            .flat_map(|a| second.builds.iter().map(move |b| pair(a, b)))
            .collect();
        pairs.sort();
        pairs
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("the document"),
            Self::Build(nsvc) => write!(f, "{nsvc}"),
        }
    }
}

impl Side {
    fn told(&self, name: &ModuleName, place: Option<String>) -> String {
        let via: Vec<String> = self.via.iter().map(Nsvc::to_string).collect();
        let via = if via.is_empty() {
            String::new()
        } else {
            format!(" (needed by {})", via.join(", needed by "))
        };
        let place = place.map_or_else(String::new, |place| format!(" at {place}"));
        let builds: Vec<String> = self.builds.iter().map(Nsvc::to_string).collect();
        let builds = if builds.is_empty() {
            "which no build satisfies".to_owned()
        } else {
            format!("satisfied by {}", builds.join(" or "))
        };
        let required = required(name, &self.streams);
        format!("{}{via} requires {required}{place}, {builds}", self.who)
    }
}

/// Prints a requirement in readable form: `gtk:1 or gtk:2`, `any gtk`.
fn required(name: &ModuleName, streams: &[StreamName]) -> String {
    if streams.is_empty() {
        return format!("any {name}");
    }
    let streams: Vec<String> = streams.iter().map(|stream| format!("{name}:{stream}")).collect();
    streams.join(" or ")
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&|_, _| None))
    }
}

impl Conflict {
    /// Describes requirements and the builds that satisfy them; `place` returns the place of a
    /// requirement, as `path:line:column`.
    #[must_use]
    pub fn told(&self, place: &dyn Fn(&Who, &ModuleName) -> Option<String>) -> String {
        if self.undecided {
            return "the search was cut short before it found an answer".to_owned();
        }
        let side = |side: &Side| side.told(&self.name, place(&side.who, &self.name));
        let mut told: Vec<String> = self.sides.iter().map(side).collect();
        match self.others {
            0 => {}
            1 => told.push("the one other choice of builds fails too".to_owned()),
            others => told.push(format!("{others} other choices of builds fail too")),
        }
        told.join("; ")
    }
}
