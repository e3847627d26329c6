//! The problems of an expansion as findings: with the place of the requirement they speak of.

use super::ReportInput;
use crate::expand::resolve::{Refusal, Who};
use crate::expand::{Kind, Problem, Words};
use crate::load::{Code, Finding, Place};
use crate::name::ModuleName;

/// Returns every problem of an expansion with the place in the document that it speaks of.
#[must_use]
pub fn findings(given: ReportInput<'_>) -> Vec<Finding> {
    let finding = |problem: &Problem| {
        let finding = Finding::new(code(problem), place(given, problem), message(given, problem));
        match hint(problem) {
            Some(hint) => finding.hint(hint),
            None => finding,
        }
    };
    let mut findings: Vec<Finding> = given.expansion.problems.iter().map(finding).collect();
    match given.ordered {
        Ok(ordered) => findings.extend(ordered.missing.iter().map(|missing| {
            Finding::new(Code::IncludedModule, missing.place, missing.to_string())
                .hint("load an input that holds it after --against")
        })),
        Err(error) => {
            findings.push(Finding::new(Code::ComponentOrder, given.start(), error.to_string()));
        }
    }
    findings
}

fn code(problem: &Problem) -> Code {
    match problem {
        Problem::UnknownModule { kind: Kind::Build, .. } => Code::UnknownModule,
        Problem::UnknownModule { kind: Kind::Runtime, .. } => Code::UnknownRuntimeModule,
        Problem::AllStreamsNegated { .. } => Code::AllStreamsNegated,
        Problem::AmbiguousStream { .. } => Code::AmbiguousStream,
        Problem::NoBaseModule { .. } => Code::NoBaseModule,
        Problem::StreamNotXyz { .. } => Code::StreamNotXyz,
        Problem::NoBuild { .. } => Code::NoBuild,
        Problem::Unsolvable { .. } => Code::Unsolvable,
        Problem::Refused(_) => Code::RefusedStreams,
        Problem::NoProvider { .. } => Code::NoProvider,
        Problem::TooManyKeys { .. } => Code::TooManyKeys,
        Problem::Dropped { .. } => Code::DroppedGroup,
        Problem::SameContext { .. } => Code::SameContext,
        Problem::NotProvenBest { .. } => Code::NotProvenBest,
    }
}

/// Returns the requirement that a problem speaks of, else its group, else the document.
fn place(given: ReportInput<'_>, problem: &Problem) -> Place {
    if let Problem::NoBuild { by, groups, .. } = problem
        && groups.is_empty()
    {
        return brought_in(given, by);
    }
    let (group, kind, names) = problem.about();
    match (group, kind, names.as_slice()) {
        (Some(group), _, []) => given.group_place(group),
        (Some(group), kind, names) => {
            let kind = kind.unwrap_or(Kind::Build);
            let places = names.iter().map(|name| given.requirement_place(group, kind, name));
            // Of several modules the unavailable one says most.
            let conflict = problem.refusal().map(|refusal| &refusal.conflict.name);
            let named = conflict.filter(|name| names.contains(name));
            named.map_or_else(
                || places.min().unwrap_or_default(),
                |name| given.requirement_place(group, kind, name),
            )
        }
        (None, ..) => given.start(),
    }
}

/// Returns the first requirement of the document on one of some builds; where none of them is required
/// but by others, the place where the document starts.
fn brought_in(given: ReportInput<'_>, by: &[Who]) -> Place {
    let parts = given.expansion.parts.iter();
    let groups = parts.flat_map(|part| {
        part.written.iter().enumerate().map(|(at, group)| (part.first_group + at, group))
    });
    let is_by = |name: &ModuleName| {
        by.iter().any(|who| matches!(who, Who::Build(nsvc) if nsvc.name == *name))
    };
    let requirements = groups.flat_map(|(at, group)| {
        let names = group.buildrequires.keys().filter(|name| is_by(name));
        names.map(move |name| given.requirement_place(at, Kind::Build, name))
    });
    requirements.min().unwrap_or_else(|| given.start())
}

/// Says the problem in words; conflicts with the places of both requirements.
fn message(given: ReportInput<'_>, problem: &Problem) -> String {
    let Some(Refusal { group, key, conflict }) = problem.refusal() else {
        let group = |group| given.group_name(group);
        let at = |who: &Who, name: &ModuleName| given.printed_place(0, who, name);
        return problem.told(Words { group: &group, at: &at });
    };
    let conflict = given.conflict_text(*group, conflict);
    let key: Vec<String> = key.iter().map(ToString::to_string).collect();
    match key.split_last() {
        None => conflict,
        Some((only, [])) => format!("no buildroot has {only}: {conflict}"),
        Some((last, others)) => {
            format!("no buildroot has {} and {last}: {conflict}", others.join(", "))
        }
    }
}

fn hint(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::UnknownModule { kind: Kind::Runtime, name, .. } => {
            format!("load an input that holds {name}, or correct the requirement")
        }
        Problem::UnknownModule { name, .. } => {
            format!("load an input that holds {name}, or correct the name")
        }
        Problem::AllStreamsNegated { .. } => "leave one stream, or drop the requirement".to_owned(),
        Problem::AmbiguousStream { name, .. } => {
            format!("name one stream, or give --default-stream {name}:STREAM")
        }
        Problem::NoBaseModule { missing, .. } if missing.is_empty() => {
            "add a base module such as platform to buildrequires".to_owned()
        }
        Problem::NoBaseModule { .. } => {
            "load an input that holds it, or builds that were made on it".to_owned()
        }
        Problem::StreamNotXyz { .. } => {
            "require a release such as el8.1.0, or give --all-bases".to_owned()
        }
        Problem::NoBuild { .. } | Problem::NoProvider { .. } => {
            "load an input that holds a build, or require another stream".to_owned()
        }
        Problem::TooManyKeys { .. } => {
            "pin some of these modules to one stream, or raise --max-documents".to_owned()
        }
        Problem::SameContext { .. } => {
            "write one group for both, or let them differ in a stream".to_owned()
        }
        Problem::Dropped { .. } => "give the other group a base module, or take it out".to_owned(),
        Problem::Unsolvable { .. } | Problem::Refused(_) | Problem::NotProvenBest { .. } => {
            return None;
        }
    })
}
