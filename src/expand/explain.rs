//! Why each build was chosen or left out, requirement by requirement.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::problem::Kind;
use super::{Collection, Expansion, Part, Settings};
use crate::expand::resolve::{Needs, Verdict, Who};
use crate::name::{Context, ModuleName, NameStream, Nsvc, StreamName, Version};

/// One requirement of the document, or one additional module that others need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The group, or the static context, counted from 0.
    pub group: usize,
    /// Where in it; `None` for a module that only other builds need.
    pub kind: Option<Kind>,
    /// The module.
    pub name: ModuleName,
    /// The streams, as written in the document.
    pub written: Vec<StreamName>,
    /// The streams these come to; empty for any.
    pub expanded: Vec<StreamName>,
    /// Every build, by stream and newest first, with its outcome.
    pub builds: Vec<(Nsvc, Fate)>,
}

/// The outcome of a build in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the buildroot of these contexts.
    Chosen(Vec<Context>),
    /// It is in no buildroot, by this rule.
    Excluded(Rule),
    /// Its stream is accepted at run time; the buildroot does not need it.
    Allowed,
}

/// The rule that excludes a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The requirement has `-x` for its stream.
    Negated,
    /// The requirement names other streams.
    NotNamed,
    /// A default stream settles the choice.
    Default(StreamName),
    /// "Any stream" of a base module leaves it out.
    BaseExclusion,
    /// It is a base module past its end of life.
    EndOfLife,
    /// A newer version of the stream, made against the same platform, is used.
    Older(Version),
    /// It was made against a platform that the document cannot be built on.
    OtherPlatform(NameStream),
    /// Its platform is unknown.
    NoPlatform,
    /// It was made against a newer release than any that the document is built on.
    NewerPlatform(NameStream),
    /// Of this major release, builds against a newer platform count.
    OlderPlatform(NameStream),
    /// The group is dropped because another of its modules is unavailable.
    GroupFails,
    /// It needs streams of a module that no buildroot of the group has.
    Needs(ModuleName, Vec<StreamName>),
    /// It needs streams of a module that no candidate has.
    NeedsMissing(ModuleName, Vec<StreamName>),
    /// It brings in a build that conflicts with other requirements.
    BringsIn(Nsvc),
    /// No buildroot can have it: it conflicts with other requirements.
    Conflict,
    /// Buildroots could have it, but have a newer or preferred build instead.
    NotPreferred,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Negated => f.write_str("the requirement excludes its stream"),
            Self::NotNamed => f.write_str("the requirement names other streams"),
            Self::Default(stream) => write!(f, "the default stream {stream} settles the choice"),
            Self::BaseExclusion => f.write_str("this stream is excluded from any stream"),
            Self::EndOfLife => f.write_str("this base module is past its end of life"),
            Self::Older(newest) => write!(f, "version {newest} is newer"),
            Self::OtherPlatform(base) => write!(f, "built for {base}, which is not a candidate"),
            Self::NoPlatform => f.write_str("its platform is unknown"),
            Self::NewerPlatform(base) => {
                write!(f, "built for {base}, which is newer than the target platform")
            }
            Self::OlderPlatform(base) => write!(f, "there are builds for {base}, which is newer"),
            Self::GroupFails => {
                f.write_str("the group is dropped because another module is unavailable")
            }
            Self::Needs(name, streams) => {
                let streams: Vec<&str> = streams.iter().map(StreamName::as_str).collect();
                write!(f, "needs {name} {}, which no buildroot has", streams.join(" or "))
            }
            Self::NeedsMissing(name, streams) => {
                let streams: Vec<&str> = streams.iter().map(StreamName::as_str).collect();
                write!(f, "needs {name} {}, which has no build", streams.join(" or "))
            }
            Self::BringsIn(nsvc) => {
                write!(f, "brings in {nsvc}, which conflicts with other requirements")
            }
            Self::Conflict => f.write_str("conflicts with other requirements"),
            Self::NotPreferred => f.write_str("another build of it is preferred"),
        }
    }
}

/// Explains every requirement of a document, group by group, then the additional modules.
#[must_use]
pub fn explain(
    expansion: &Expansion,
    collection: &Collection,
    settings: &Settings,
) -> Vec<Explanation> {
    let mut explanations = Vec::new();
    for part in &expansion.parts {
        for (index, (written, expanded)) in part.written.iter().zip(&part.expanded).enumerate() {
            let group = Explainer { expansion, collection, settings, part, index };
            for (kind, written, expanded) in [
                (Kind::Build, &written.buildrequires, &expanded.buildrequires),
                (Kind::Runtime, &written.requires, &expanded.requires),
            ] {
                for (name, streams) in written {
                    explanations.push(group.explain(kind, name, streams, &expanded[name]));
                }
            }
            explanations.extend(group.besides());
        }
    }
    explanations
}

/// One group of one part.
#[derive(Clone, Copy)]
struct Explainer<'a> {
    expansion: &'a Expansion,
    collection: &'a Collection,
    settings: &'a Settings,
    part: &'a Part,
    index: usize,
}

impl Explainer<'_> {
    fn explain(
        &self,
        kind: Kind,
        name: &ModuleName,
        written: &[StreamName],
        expanded: &[StreamName],
    ) -> Explanation {
        let fate = |nsvc: &Nsvc| {
            if let Some(rule) = self.stream_rule(nsvc, written, expanded) {
                return Fate::Excluded(rule);
            }
            match kind {
                Kind::Build => self.fate(nsvc),
                Kind::Runtime => Fate::Allowed,
            }
        };
        let builds = self.builds_of(name);
        Explanation {
            group: self.part.first_group + self.index,
            kind: Some(kind),
            name: name.clone(),
            written: written.to_vec(),
            expanded: expanded.to_vec(),
            builds: builds.map(|nsvc| (nsvc.clone(), fate(nsvc))).collect(),
        }
    }

    /// Explains the modules that the document does not name but its buildroots have.
    fn besides(self) -> impl Iterator<Item = Explanation> {
        let named = &self.part.written[self.index].buildrequires;
        let answers = self.part.resolution.answers.iter();
        let builds = answers.filter(|answer| answer.group == self.index).flat_map(|answer| {
            answer.builds.iter().map(|&ix| self.part.universe.candidate(ix).nsvc.name.clone())
        });
        let names: BTreeSet<ModuleName> = builds.filter(|name| !named.contains_key(name)).collect();
        names.into_iter().map(move |name| Explanation {
            group: self.part.first_group + self.index,
            kind: None,
            builds: self.builds_of(&name).map(|nsvc| (nsvc.clone(), self.fate(nsvc))).collect(),
            name,
            written: Vec::new(),
            expanded: Vec::new(),
        })
    }

    fn builds_of(&self, name: &ModuleName) -> impl Iterator<Item = &Nsvc> {
        self.collection.all_of(name).map(|build| &build.candidate.nsvc)
    }

    /// Returns the rule by which the stream list leaves a build's stream out.
    fn stream_rule(
        &self,
        nsvc: &Nsvc,
        written: &[StreamName],
        expanded: &[StreamName],
    ) -> Option<Rule> {
        let stream = &nsvc.stream;
        let answers_to = |each: &StreamName| {
            each == stream
                || self.settings.platforms.is_base(&nsvc.name)
                    && self.virtual_streams(nsvc).contains(each)
        };
        if expanded.is_empty() || expanded.iter().any(answers_to) {
            return None;
        }
        let default = self.settings.default_streams.get(&nsvc.name);
        let is_negated = |each: &StreamName| each.negated() == Some(stream.as_str());
        Some(match default {
            _ if written.iter().any(is_negated) => Rule::Negated,
            _ if written.iter().any(|each| each.negated().is_none())
                && !written.contains(stream) =>
            {
                Rule::NotNamed
            }
            Some(default) => Rule::Default(default.clone()),
            None if self.settings.base_stream_exclusions.contains(stream) => Rule::BaseExclusion,
            None => Rule::NotNamed,
        })
    }

    fn virtual_streams(&self, nsvc: &Nsvc) -> &[StreamName] {
        let build = self.collection.get(nsvc);
        build.map_or(&[], |build| &build.candidate.virtual_streams)
    }

    /// Returns the outcome of a build whose stream is required.
    fn fate(&self, nsvc: &Nsvc) -> Fate {
        let group = self.part.first_group + self.index;
        let contexts: Vec<Context> = self
            .expansion
            .documents
            .iter()
            .filter(|document| document.group == group)
            .filter(|document| document.buildroot.get(&nsvc.name) == Some(nsvc))
            .map(|document| document.context.clone())
            .collect();
        if !contexts.is_empty() {
            return Fate::Chosen(contexts);
        }
        let candidates = self.part.universe.candidates();
        let verdict = self.part.resolution.verdicts.get(self.index);
        if !matches!(verdict, Some(Verdict::Solved | Verdict::Unsolvable)) {
            return Fate::Excluded(Rule::GroupFails);
        }
        if candidates.iter().any(|candidate| candidate.nsvc == *nsvc) {
            return Fate::Excluded(self.search_rule(nsvc, group));
        }
        Fate::Excluded(self.pool_rule(nsvc))
    }

    /// Returns the rule by which a candidate is in no buildroot.
    fn search_rule(&self, nsvc: &Nsvc, group: usize) -> Rule {
        let documents = self.expansion.documents.iter().filter(|each| each.group == group);
        let roots: Vec<_> = documents.map(|each| &each.buildroot).collect();
        let needed = self.collection.get(nsvc).map_or(&[][..], |build| &build.candidate.requires);
        if let Some(missing) = self.missing_need(needed) {
            return missing;
        }
        if roots.is_empty()
            && let Some(refused) = self.refused_rule(nsvc)
        {
            return refused;
        }
        // A group of requirements that conflicts with every buildroot, by one module of it.
        let clash = |needs: &Needs| {
            let has = |root: &BTreeMap<ModuleName, Nsvc>,
                       name: &ModuleName,
                       streams: &[StreamName]| {
                root.get(name).is_none_or(|there: &Nsvc| {
                    let virtual_streams = self.virtual_streams(there);
                    let named =
                        |each: &StreamName| *each == there.stream || virtual_streams.contains(each);
                    streams.iter().all(|each| each.negated().is_some()) || streams.iter().any(named)
                })
            };
            let clashing = needs
                .iter()
                .find(|(name, streams)| !roots.iter().any(|root| has(root, name, streams)));
            clashing.map(|(name, streams)| Rule::Needs(name.clone(), streams.clone()))
        };
        let clashes: Option<Vec<Rule>> = needed.iter().map(clash).collect();
        let same_stream = |root: &&BTreeMap<ModuleName, Nsvc>| {
            root.get(&nsvc.name).is_some_and(|there| there.stream == nsvc.stream)
        };
        match clashes.into_iter().flatten().next() {
            Some(clash) if !roots.is_empty() => clash,
            _ if roots.iter().any(same_stream) => Rule::NotPreferred,
            _ => Rule::Conflict,
        }
    }

    /// Returns a requirement that no candidate meets, if every alternative of a build has one.
    fn missing_need(&self, alternatives: &[Needs]) -> Option<Rule> {
        let candidates = self.part.universe.candidates();
        let is_met = |name: &ModuleName, streams: &[StreamName]| {
            let any = streams.iter().all(|each| each.negated().is_some());
            let mut named = candidates.iter().filter(|other| other.nsvc.name == *name);
            named.any(|other| {
                let of = |each: &StreamName| {
                    *each == other.nsvc.stream || other.virtual_streams.contains(each)
                };
                any || streams.iter().any(of)
            })
        };
        let missing = |needs: &Needs| {
            let unmet = needs.iter().find(|(name, streams)| !is_met(name, streams));
            unmet.map(|(name, streams)| Rule::NeedsMissing(name.clone(), streams.clone()))
        };
        let all: Option<Vec<Rule>> = alternatives.iter().map(missing).collect();
        all?.into_iter().next()
    }

    /// Returns the part of a candidate in the conflicts of a dropped group.
    fn refused_rule(&self, nsvc: &Nsvc) -> Option<Rule> {
        let refusals = self.part.resolution.refusals.iter();
        let conflicts = refusals.filter(|refusal| refusal.group == self.index);
        let who = Who::Build(nsvc.clone());
        for conflict in conflicts.map(|refusal| &refusal.conflict) {
            for side in &conflict.sides {
                if side.who == who {
                    return Some(Rule::Needs(conflict.name.clone(), side.streams.clone()));
                }
                if let Who::Build(brought) = &side.who
                    && side.via.contains(nsvc)
                {
                    return Some(Rule::BringsIn(brought.clone()));
                }
            }
        }
        None
    }

    /// Returns the rule by which a build is not a candidate.
    fn pool_rule(&self, nsvc: &Nsvc) -> Rule {
        let build = self.collection.get(nsvc);
        let candidates = self.part.universe.candidates().iter();
        let mut same_stream = candidates
            .filter(|other| other.nsvc.name == nsvc.name && other.nsvc.stream == nsvc.stream);
        if self.settings.platforms.is_base(&nsvc.name) {
            let is_garbage = build.is_some_and(|build| build.is_garbage);
            return match same_stream.next() {
                _ if is_garbage => Rule::EndOfLife,
                Some(newer) => Rule::Older(newer.nsvc.version),
                None => Rule::NotNamed,
            };
        }
        let Some(base) = build.and_then(|build| build.base.as_ref()) else {
            return Rule::NoPlatform;
        };
        let made_on = |nsvc: &Nsvc| self.collection.get(nsvc).and_then(|build| build.base.clone());
        let major =
            |base: &Nsvc| self.settings.platforms.padded_stream_version(&base.stream).major_start();
        let mut taken = same_stream.map(|other| (&other.nsvc, made_on(&other.nsvc)));
        let number = |base: &Nsvc| self.settings.platforms.padded_stream_version(&base.stream);
        let of_major = taken
            .find(|(_, other)| other.as_ref().is_some_and(|other| major(other) == major(base)));
        match of_major {
            Some((newer, Some(other))) if other == *base => Rule::Older(newer.version),
            Some((_, Some(other))) if number(&other) > number(base) => {
                Rule::OlderPlatform(name_stream(&other))
            }
            _ if self.is_beyond(base) => Rule::NewerPlatform(name_stream(base)),
            _ => Rule::OtherPlatform(name_stream(base)),
        }
    }

    /// Returns whether a base module is a newer release of the target's major one.
    fn is_beyond(&self, base: &Nsvc) -> bool {
        let platforms = &self.settings.platforms;
        let number = |base: &Nsvc| platforms.padded_stream_version(&base.stream);
        let candidates = self.part.universe.candidates().iter().map(|each| &each.nsvc);
        let mut of_major = candidates.filter(|other| {
            other.name == base.name && number(other).major_start() == number(base).major_start()
        });
        of_major.next().is_some_and(|first| {
            number(first) < number(base) && of_major.all(|other| number(other) < number(base))
        })
    }
}

fn name_stream(nsvc: &Nsvc) -> NameStream {
    NameStream { name: nsvc.name.clone(), stream: nsvc.stream.clone() }
}
