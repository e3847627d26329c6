//! Published EL8 modules: a tag is made from the lists in their documents, with the headers that
//! these imply, and each arch's final document must list what was published for it.
//!
//! Missing facts are filled in adversarially: every filtered name exists as an RPM of every arch,
//! and must not appear.

use std::collections::{BTreeMap, BTreeSet};

use modplan::load::{Options, Stream, load, parse_text};
use modplan::module_build::contents::Manner;
use modplan::module_build::finals::{FinalDocument, Finished, final_documents};
use modplan::module_build::tagged::{RpmHeader, TagContents, TaggedPackage, TaggedRpm};
use modplan::name::{Arch, Nsvc};

use crate::support::{shared, unpacked};

const MODULES: [&str; 4] = ["nodejs", "perl", "python27", "virt"];
const ARCHES: [&str; 3] = ["aarch64", "i686", "x86_64"];
/// The repositories of EuroLinux 8 whose documents belong together, each of several arches.
const REPOSITORIES: [&str; 2] = ["appstream", "beta-appstream"];
/// One repository of one arch: that of CentOS 8 in 2019.
const CENTOS: &str = "data/modulemd/arrfab-centos8-2019/modules.yaml";
/// Months of the first repository's x86_64 part.
const HISTORY: &str = "data/modulemd/eurolinux8-history.tar.zst";

/// The documents of one build, by arch.
type Documents = BTreeMap<Arch, Stream>;

/// The documents of a repository's arches.
type Repository = Vec<(&'static str, Vec<Stream>)>;

/// Returns every repository with EL8 modules; none if the shared tree is absent.
fn repositories() -> Option<Vec<Repository>> {
    let streams = |path: &str| {
        let snapshot = load(&[shared(path)?], &Options::default()).expect("it is there");
        Some(snapshot.streams)
    };
    let mut all = Vec::new();
    for repository in REPOSITORIES {
        let mut arches = Vec::new();
        for arch in ARCHES {
            let path = format!("data/modulemd/eurolinux8/{arch}-{repository}.modules.yaml");
            arches.push((arch, streams(&path)?));
        }
        all.push(arches);
    }
    all.push(vec![("x86_64", streams(CENTOS)?)]);
    for (name, text) in unpacked(&shared(HISTORY)?) {
        all.push(vec![("x86_64", parse_text(&name, &text).streams)]);
    }
    Some(all)
}

/// Returns the builds of a repository.
fn published(repository: Repository) -> BTreeMap<Nsvc, Documents> {
    let mut builds: BTreeMap<Nsvc, Documents> = BTreeMap::new();
    for (arch, streams) in repository {
        let wanted = |stream: &Stream| MODULES.contains(&stream.name.as_str());
        for stream in streams.into_iter().filter(wanted) {
            let nsvc = Nsvc {
                name: stream.name.clone(),
                stream: stream.stream.clone(),
                version: stream.version,
                context: stream.context.clone().expect("a published build has one"),
            };
            builds.entry(nsvc).or_default().insert(arch.into(), stream);
        }
    }
    builds
}

/// Splits an artifact: name, epoch, version, release and arch.
fn parts(artifact: &str) -> [&str; 5] {
    let (rest, arch) = artifact.rsplit_once('.').expect("an arch");
    let (rest, release) = rest.rsplit_once('-').expect("a release");
    let (rest, version) = rest.rsplit_once(':').expect("a version");
    let (name, epoch) = rest.rsplit_once('-').expect("an epoch");
    [name, epoch, version, release, arch]
}

/// Returns how much of the starts of two names is equal.
fn common(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// Returns how alike two names are: how many of their words they share, then how much of their starts.
fn alike(one: &str, other: &str) -> (usize, usize) {
    let words: BTreeSet<&str> = one.split('-').collect();
    let shared = other.split('-').filter(|word| words.contains(word)).count();
    (shared, common(one, other))
}

/// Returns the component whose name is most like one of the RPMs of one version.
fn component_of(stream: &Stream, group: &[&str]) -> String {
    let likeness = |package: &String| {
        let most = group.iter().map(|artifact| common(package, parts(artifact)[0])).max();
        (most, std::cmp::Reverse(package.len()))
    };
    let components = stream.components.keys().map(ToString::to_string);
    components.max_by_key(likeness).expect("there are components")
}

/// The tag that documents imply.
#[derive(Default)]
struct Implied {
    tag: TagContents,
    /// The builds by package and release.
    builds: BTreeMap<(String, String), i64>,
    /// Those whose source no document lists.
    unlisted: BTreeSet<i64>,
}

/// Groups artifacts by version and release.
fn by_version<'a>(artifacts: &[&'a str]) -> BTreeMap<(&'a str, &'a str), Vec<&'a str>> {
    let mut groups: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for artifact in artifacts {
        let [_, _, version, release, _] = parts(artifact);
        groups.entry((version, release)).or_default().push(artifact);
    }
    groups
}

impl Implied {
    /// Adds every artifact, sources first, then RPMs of every arch under the filtered names.
    fn of(documents: &Documents) -> Self {
        let mut implied = Self::default();
        let any = documents.values().next().expect("a build has a document");
        let all: BTreeSet<&str> =
            documents.values().flat_map(|stream| &stream.artifacts).map(String::as_str).collect();
        let (sources, binaries): (Vec<&str>, Vec<&str>) =
            all.into_iter().partition(|artifact| artifact.ends_with(".src"));
        for source in sources {
            let [name, _, version, release, _] = parts(source);
            let build = implied.build([name, version, release]);
            implied.rpm(parts(source), build);
        }
        let listed: Vec<(String, i64)> =
            implied.builds.iter().map(|((package, _), build)| (package.clone(), *build)).collect();
        for group in by_version(&binaries).values() {
            let component = component_of(any, group);
            for artifact in group {
                let build = implied.listed_build(&listed, artifact);
                let build = build.unwrap_or_else(|| implied.unlisted_build(&component, artifact));
                implied.rpm(parts(artifact), build);
            }
        }
        implied.exclude_arches(documents);
        let build = implied.built_everywhere();
        for name in &any.about.filter {
            for arch in documents.keys() {
                implied.rpm([name.as_str(), "0", "1", "1.filtered", arch.as_str()], build);
            }
        }
        implied
    }

    /// Returns the build of a listed source to which an RPM belongs: the one with its release,
    /// preferably its version too, whose name is most similar.
    fn listed_build(&self, listed: &[(String, i64)], artifact: &str) -> Option<i64> {
        let [name, _, version, release, _] = parts(artifact);
        let likeness = |(package, build): &&(String, i64)| {
            let source = self.source_of(*build).filter(|source| source.release == release)?;
            Some((
                source.version == version,
                alike(package, name),
                std::cmp::Reverse(package.len()),
            ))
        };
        let best = listed.iter().max_by_key(likeness)?;
        likeness(&best).map(|_| best.1)
    }

    /// Returns the build of a component whose source no document lists.
    fn unlisted_build(&mut self, component: &str, artifact: &str) -> i64 {
        let [_, epoch, version, release, _] = parts(artifact);
        let build = self.build([component, version, release]);
        if self.source_of(build).is_none() {
            self.rpm([component, epoch, version, release, "src"], build);
            self.unlisted.insert(build);
        }
        build
    }

    fn source_of(&self, build: i64) -> Option<&TaggedRpm> {
        self.tag.rpms.iter().find(|rpm| rpm.is_source() && rpm.build_id == build)
    }

    /// Returns a build that no arch is excluded from.
    fn built_everywhere(&self) -> i64 {
        let is_plain =
            |rpm: &&TaggedRpm| rpm.is_source() && self.tag.headers[&rpm.id].exclude_arch.is_empty();
        self.tag.rpms.iter().find(is_plain).expect("something is built everywhere").build_id
    }

    fn build(&mut self, [package, version, release]: [&str; 3]) -> i64 {
        let next = i64::try_from(self.builds.len()).expect("few") + 1;
        let key = (package.to_owned(), release.to_owned());
        let build_id = *self.builds.entry(key).or_insert(next);
        if build_id == next {
            let nvr = format!("{package}-{version}-{release}");
            let (name, volume) = (package.into(), String::new());
            self.tag.builds.push(TaggedPackage { build_id, name, nvr, volume });
        }
        build_id
    }

    fn rpm(&mut self, [name, epoch, version, release, arch]: [&str; 5], build_id: i64) {
        let id = i64::try_from(self.tag.rpms.len()).expect("few") + 1;
        self.tag.rpms.push(TaggedRpm {
            id,
            build_id,
            name: name.to_owned(),
            epoch: epoch.parse().ok().filter(|&epoch| epoch != 0),
            version: version.to_owned(),
            release: release.to_owned(),
            arch: arch.into(),
            payload_hash: format!("{id:032x}"),
        });
        let license = Some("MIT".to_owned());
        self.tag.headers.insert(id, RpmHeader { license, ..RpmHeader::default() });
    }

    /// A build without entries in a document is not for its arch, as its source states.
    fn exclude_arches(&mut self, documents: &Documents) {
        for (arch, stream) in documents {
            let listed: BTreeSet<&String> = stream.artifacts.iter().collect();
            let here = |rpm: &&TaggedRpm| !rpm.is_source() && listed.contains(&rpm.nevra());
            let built: BTreeSet<i64> =
                self.tag.rpms.iter().filter(here).map(|rpm| rpm.build_id).collect();
            let sources = self.tag.rpms.iter().filter(|rpm| rpm.is_source());
            for source in sources.filter(|source| !built.contains(&source.build_id)) {
                let header = self.tag.headers.get_mut(&source.id).expect("every RPM has one");
                header.exclude_arch.push(arch.clone());
            }
        }
    }
}

/// Why a published list differs from ours.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// The list has RPMs that its own document filters: it was not made by an orchestrator, but from the
    /// files of a repository that has them.
    Filtered,
    /// The list has a source of which it has no RPM: one of another release.
    LoneSource,
    /// Nothing explains it.
    Unexplained(String),
}

/// Returns the differences between the published list of an arch and ours. Most composes list no
/// sources, or only some: those of a separate repository are not compared.
fn differences(published: &Stream, ours: &FinalDocument<'_>, implied: &Implied) -> Vec<Difference> {
    let is_listed =
        |rpm: &&&TaggedRpm| !rpm.is_source() || !implied.unlisted.contains(&rpm.build_id);
    let has_sources = published.artifacts.iter().any(|artifact| artifact.ends_with(".src"));
    let is_compared = |rpm: &&&TaggedRpm| has_sources || !rpm.is_source();
    let own = ours.rpms.iter().filter(is_listed).filter(is_compared);
    let own: BTreeSet<String> = own.map(|rpm| rpm.nevra()).collect();
    let theirs: BTreeSet<String> = published.artifacts.iter().cloned().collect();
    let mut found = Vec::new();
    for lost in theirs.difference(&own) {
        let [name, _, _, release, arch] = parts(lost);
        let is_of_release =
            |other: &&String| parts(other)[3] == release && parts(other)[4] != "src";
        found.push(match arch {
            _ if published.about.filter.contains(name) => Difference::Filtered,
            "src" if !theirs.iter().any(|other| is_of_release(&other)) => Difference::LoneSource,
            _ => Difference::Unexplained(format!("lost {lost}")),
        });
    }
    let added = own.difference(&theirs);
    found.extend(added.map(|added| Difference::Unexplained(format!("added {added}"))));
    found
}

#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn final_documents_list_what_was_published_on_every_arch() {
    let (none, mut lists, mut filtered) = (BTreeMap::new(), 0, 0);
    let (mut wrong, mut kinds) = (Vec::new(), BTreeMap::<Difference, usize>::new());
    let Some(repositories) = repositories() else { return };
    let (mut seen, mut of_modules) = (BTreeMap::new(), BTreeSet::new());
    for repository in repositories {
        for (nsvc, documents) in published(repository) {
            let is_empty = documents.values().all(|stream| stream.artifacts.is_empty());
            // A month repeats most of the one before.
            let is_new = seen.insert(nsvc.clone(), documents.clone()).as_ref() != Some(&documents);
            if is_empty || !is_new {
                continue;
            }
            let implied = Implied::of(&documents);
            let arches = documents.keys().cloned().collect();
            let stored = documents.values().next().expect("a build has a document");
            let (tag, manner) = (&implied.tag, Manner::Mended);
            let finished = Finished { stored, included: &none, arches: &arches, tag, manner };
            let finals = final_documents(finished).expect("the answers fit");
            for (arch, stream) in &documents {
                of_modules.insert(format!("{} {arch}", nsvc.name));
                let ours = &finals[arch];
                for difference in differences(stream, &ours.module, &implied) {
                    if let Difference::Unexplained(what) = &difference {
                        wrong.push(format!("{nsvc} {arch}: {what}"));
                    }
                    *kinds.entry(difference).or_default() += 1;
                }
                let is_filtered =
                    |rpm: &&&TaggedRpm| rpm.release == "1.filtered" && rpm.arch == *arch;
                let devel = ours.devel.rpms.iter().filter(is_filtered);
                assert_eq!(devel.count(), stream.about.filter.len(), "{nsvc} {arch}");
                lists += 1;
                filtered += stream.about.filter.len();
            }
        }
    }
    println!("published EL8: {lists} lists, {filtered} filtered names, explained: {kinds:?}");
    // On i686 python27 alone lists anything.
    assert_eq!(of_modules.len(), 9, "{of_modules:?}");
    assert!(lists >= 117 && filtered >= 1204, "{lists} {filtered}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
