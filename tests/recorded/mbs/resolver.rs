//! The resolver: solutions, requirement texts, provisions, and all of Fedora 29.

use std::collections::{BTreeMap, BTreeSet};

use modplan::expand::resolve::{
    Candidate, Limits, Match, Requirements, Resolution, Universe, Verdict, provides, resolve,
};
use modplan::name::{ModuleName, Nsvc, StreamName, Version};
use modplan::plan::platform::Platforms;
use serde::Deserialize;

use super::checker::{Checker, Key, Needs, Set};
use super::{Tally, cases};

pub(crate) fn nsvc(text: &str) -> Nsvc {
    let parts: Vec<&str> = text.split(':').collect();
    let [name, stream, version, context] = parts[..] else { panic!("{text} is no NSVC") };
    Nsvc {
        name: name.into(),
        stream: stream.into(),
        version: Version(version.parse().expect("a version is a number")),
        context: context.into(),
    }
}

#[derive(Clone, Deserialize)]
pub(crate) struct Module {
    nsvc: String,
    #[serde(default)]
    dependencies: Vec<Group>,
    #[serde(default)]
    built_against: BTreeMap<ModuleName, StreamName>,
    virtual_streams: Option<Vec<StreamName>>,
}

#[derive(Clone, Deserialize)]
struct Group {
    #[serde(default)]
    buildrequires: Needs,
    #[serde(default)]
    requires: Needs,
}

#[derive(Deserialize)]
struct Input {
    nsv: String,
    dependencies: Vec<Group>,
}

#[derive(Deserialize)]
struct Expected {
    solutions: Option<Vec<Vec<String>>>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct SolveCase {
    id: String,
    input: Input,
    modules: Vec<Module>,
    expected: Expected,
}

#[derive(Deserialize)]
struct SolveFile {
    cases: Vec<SolveCase>,
}

/// Makes the builds of a case; they were added in the listed order.
fn candidates(modules: &[Module]) -> Vec<Candidate> {
    let candidate = |(added, module): (u64, &Module)| Candidate {
        nsvc: nsvc(&module.nsvc),
        requires: module.dependencies.iter().map(|group| group.requires.clone()).collect(),
        built_against: module.built_against.clone(),
        virtual_streams: module.virtual_streams.clone().unwrap_or_default(),
        added: Some(added),
    };
    (0..).zip(modules).map(candidate).collect()
}

fn solve(candidates: &[Candidate], groups: &[Needs]) -> (Universe, Resolution) {
    let universe = Universe::new(candidates.iter().cloned(), Platforms::default());
    let resolution = resolve(&universe, groups, Limits::default());
    (universe, resolution)
}

/// Prints our answers in the form of the recorded ones.
fn solutions(universe: &Universe, resolution: &Resolution, nsv: &str) -> BTreeSet<Vec<String>> {
    let solution = |answer: &modplan::expand::resolve::Answer| {
        let builds =
            answer.builds.iter().map(|&ix| format!("{}:x86_64", universe.candidate(ix).nsvc));
        let mut all: Vec<String> =
            builds.chain(std::iter::once(format!("{nsv}:{}:src", answer.group))).collect();
        all.sort();
        all
    };
    resolution.answers.iter().map(solution).collect()
}

/// How a case is judged.
#[derive(PartialEq)]
pub(crate) enum Judgement {
    /// The rules determine the answer: it has to be equal.
    Equal,
    /// They do not, or the recorded answer does not follow them: any valid answer will do.
    Valid,
}

pub(crate) struct Judge<'a> {
    pub(crate) checker: Checker<'a>,
    pub(crate) groups: &'a [Needs],
    pub(crate) nsv: &'a str,
}

impl Judge<'_> {
    /// Finds the builds of a printed solution, and the group it answers.
    fn parse(&self, solution: &[String]) -> (usize, Set) {
        let mut group = None;
        let mut set = Set::new();
        for text in solution {
            if let Some(text) = text.strip_suffix(":src") {
                let index =
                    text.strip_prefix(&format!("{}:", self.nsv)).expect("the source is the input");
                group = Some(index.parse().expect("a group is a number"));
                continue;
            }
            let text = text.strip_suffix(":x86_64").expect("a chosen build has an arch");
            let named = |build: &Candidate| build.nsvc.to_string() == text;
            set.insert(
                self.checker.candidates.iter().position(named).expect("a chosen build is listed"),
            );
        }
        (group.expect("a solution holds the input"), set)
    }

    fn key(&self, group: usize, set: &Set) -> Key {
        let nsvcs = set.iter().map(|&at| &self.checker.candidates[at].nsvc);
        nsvcs
            .filter(|nsvc| self.groups[group].contains_key(&nsvc.name))
            .map(|nsvc| (nsvc.name.clone(), nsvc.stream.clone()))
            .collect()
    }

    /// Decides by rule: only validity is required if, for some key, the smallest index sum is not
    /// unique or the recorded answer does not have it.
    pub(crate) fn judgement(&self, recorded: &[Vec<String>]) -> Judgement {
        let determined = recorded.iter().all(|solution| {
            let (group, set) = self.parse(solution);
            let valid = self.checker.all(&self.groups[group]);
            let sets = &valid[&self.key(group, &set)];
            let smallest = sets
                .iter()
                .map(|set| self.checker.index_sum(set))
                .min()
                .expect("the key has a set");
            let best: Vec<&Set> =
                sets.iter().filter(|set| self.checker.index_sum(set) == smallest).collect();
            best == [&set]
        });
        if determined { Judgement::Equal } else { Judgement::Valid }
    }

    /// Whether each of our answers is valid, and they have the recorded keys, one answer each.
    pub(crate) fn accepts(&self, ours: &BTreeSet<Vec<String>>, recorded: &[Vec<String>]) -> bool {
        let keys = |solutions: &mut dyn Iterator<Item = &Vec<String>>| -> Vec<(usize, Key)> {
            let mut keys: Vec<_> = solutions
                .map(|solution| {
                    let (group, set) = self.parse(solution);
                    (group, self.key(group, &set))
                })
                .collect();
            keys.sort();
            keys
        };
        keys(&mut ours.iter()) == keys(&mut recorded.iter())
            && ours.iter().all(|solution| {
                let (group, set) = self.parse(solution);
                self.checker.is_valid(&set, &self.groups[group])
            })
    }
}

/// The text of every refusal, and the builds that exclude each other.
fn refusals(resolution: &Resolution) -> String {
    let text = |refusal: &modplan::expand::resolve::Refusal| {
        let pairs = refusal.conflict.pairs();
        let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} and {b}")).collect();
        format!("{} [{}]", refusal.conflict, pairs.join(", "))
    };
    resolution.refusals.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Whether a recorded error is reported, and a conflict of streams names two builds as it does.
fn reports(resolution: &Resolution, message: &str) -> bool {
    let failed = resolution.verdicts.contains(&Verdict::Unsolvable);
    let Some((_, pairs)) = message.split_once("conflicting buildrequires of: ") else {
        return failed;
    };
    let ours = refusals(resolution);
    failed && pairs.split(", ").any(|pair| ours.contains(pair))
}

#[test]
fn cases_mbs_resolver_solve() {
    let Some(file) = cases::<SolveFile>("resolver_solve.json") else { return };
    let mut tally = Tally::default();
    for case in file.cases {
        let candidates = candidates(&case.modules);
        let groups: Vec<Needs> =
            case.input.dependencies.iter().map(|group| group.buildrequires.clone()).collect();
        let (universe, resolution) = solve(&candidates, &groups);
        let Some(recorded) = &case.expected.solutions else {
            let message = case.expected.message.as_deref().unwrap_or_default();
            tally.equal(reports(&resolution, message), || {
                format!("{}: {message}\n  ours: {}", case.id, refusals(&resolution))
            });
            continue;
        };
        let ours = solutions(&universe, &resolution, &case.input.nsv);
        let judge =
            Judge { checker: Checker::new(&candidates), groups: &groups, nsv: &case.input.nsv };
        let failed = resolution.verdicts.contains(&Verdict::Unsolvable);
        let wrong = || format!("{}: {ours:?}\n  recorded: {recorded:?}", case.id);
        if judge.judgement(recorded) == Judgement::Equal {
            let expected: BTreeSet<Vec<String>> = recorded.iter().cloned().collect();
            tally.equal(ours == expected && !failed, wrong);
        } else {
            tally.valid(judge.accepts(&ours, recorded) && !failed, wrong);
        }
    }
    tally.finish("resolver_solve.json");
}

#[derive(Deserialize)]
struct RealFile {
    pool: Vec<Module>,
    results: BTreeMap<String, RealResult>,
}

#[derive(Deserialize)]
struct RealResult {
    buildrequires: Vec<Group>,
    solutions: Vec<Vec<String>>,
    err: Option<String>,
}

fn real(file: &str) {
    let Some(RealFile { mut pool, results }) = cases::<RealFile>(file) else { return };
    if !pool.iter().any(|module| module.nsvc.starts_with("platform:")) {
        pool.push(Module {
            nsvc: "platform:f29:1:00000000".to_owned(),
            dependencies: Vec::new(),
            built_against: BTreeMap::new(),
            virtual_streams: None,
        });
    }
    let mut candidates = candidates(&pool);
    for candidate in &mut candidates {
        if candidate.nsvc.name.as_str() != "platform" {
            candidate.built_against.insert("platform".into(), "f29".into());
        }
    }
    let universe = Universe::new(candidates.iter().cloned(), Platforms::default());
    let mut tally = Tally::default();
    for (input, result) in results {
        let groups: Vec<Needs> =
            result.buildrequires.iter().map(|group| group.buildrequires.clone()).collect();
        let parts: Vec<&str> = input.split(':').collect();
        let nsv = format!("zz{}", parts[..3].join(":"));
        let resolution = resolve(&universe, &groups, Limits::default());
        let ours = solutions(&universe, &resolution, &nsv);
        let failed = resolution.verdicts.contains(&Verdict::Unsolvable);
        let judge = Judge { checker: Checker::new(&candidates), groups: &groups, nsv: &nsv };
        let wrong = || format!("{input}: {ours:?}\n  recorded: {:?}", result.solutions);
        if result.err.is_some() {
            tally.equal(failed, wrong);
        } else if judge.judgement(&result.solutions) == Judgement::Equal {
            let expected: BTreeSet<Vec<String>> = result.solutions.iter().cloned().collect();
            tally.equal(ours == expected && !failed, wrong);
        } else {
            tally.valid(judge.accepts(&ours, &result.solutions) && !failed, wrong);
        }
    }
    tally.finish(file);
}

#[test]
fn cases_mbs_real_f29() {
    real("real_f29.json");
}

#[test]
fn cases_mbs_real_f29_updates() {
    real("real_f29-updates.json");
}

#[derive(Deserialize)]
struct TextCase {
    deps: Vec<Needs>,
    exact_versions: Option<bool>,
    base_module_stream_overrides: Option<BTreeMap<ModuleName, StreamName>>,
    expected: String,
}

#[test]
fn cases_mbs_resolver_deps2reqs() {
    let Some(all) = cases::<Vec<TextCase>>("resolver_deps2reqs.json") else { return };
    let platforms = Platforms::default();
    let mut tally = Tally::default();
    for case in all {
        let exact = case.exact_versions.unwrap_or(true);
        let built_against = case.base_module_stream_overrides.unwrap_or_default();
        let requirements = Requirements {
            groups: &case.deps,
            matching: if exact { Match::Exact } else { Match::AtLeast },
            built_against: &built_against,
            platforms: &platforms,
        };
        let ours = requirements.to_string();
        let same = meaning(&ours) == meaning(&case.expected);
        tally.equal(same, || format!("{ours} not {}", case.expected));
    }
    tally.finish("resolver_deps2reqs.json");
}

/// Reads a boolean dependency into a form in which the order of operands does not count.
fn meaning(text: &str) -> String {
    let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else {
        return text.to_owned();
    };
    let mut operands: Vec<String> = vec![String::new()];
    let mut operators: Vec<&str> = Vec::new();
    let mut depth = 0;
    for word in inner.split(' ') {
        if depth == 0 && ["and", "or", "with"].contains(&word) {
            operators.push(word);
            operands.push(String::new());
            continue;
        }
        depth += word.matches('(').count();
        depth -= word.matches(')').count();
        let operand = operands.last_mut().expect("never empty");
        if !operand.is_empty() {
            operand.push(' ');
        }
        operand.push_str(word);
    }
    assert!(operators.windows(2).all(|pair| pair[0] == pair[1]), "mixed operators in {text}");
    let mut operands: Vec<String> = operands.iter().map(|operand| meaning(operand)).collect();
    operands.sort();
    format!("({} {})", operators.first().copied().unwrap_or_default(), operands.join(" "))
}

#[derive(Deserialize)]
struct ProvidesCase {
    nsvc: String,
    virtual_streams: Option<Vec<StreamName>>,
    provides: Vec<String>,
}

#[test]
fn cases_mbs_resolver_provides() {
    let Some(all) = cases::<Vec<ProvidesCase>>("resolver_provides.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let candidate = Candidate {
            nsvc: nsvc(&case.nsvc),
            requires: Vec::new(),
            built_against: BTreeMap::new(),
            virtual_streams: case.virtual_streams.unwrap_or_default(),
            added: None,
        };
        let ours = provides(&candidate, &Platforms::default());
        tally.equal(ours == case.provides, || format!("{ours:?} not {:?}", case.provides));
    }
    tally.finish("resolver_provides.json");
}
