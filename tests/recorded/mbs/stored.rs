//! Contexts of real documents, computed again from the buildroot that each of them records.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modplan::expand::context::Contexts;
use modplan::load::{Stream, Value, parse_text};
use modplan::name::{Context, ModuleName, StreamName};
use sha1::{Digest, Sha1};

use crate::support::shared;

/// Test data whose contexts were made up by hand.
const MADE_UP: &str = "ci-dnf-stack";

#[derive(Default)]
struct Counts {
    now: usize,
    /// By a formula that the service used until spring 2018: over commits instead of streams.
    earlier: usize,
    neither: Vec<String>,
}

#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn cases_contexts_recomputed_from_stored_buildrequires() {
    let Some(root) = shared("data/modulemd") else { return };
    let mut files = Vec::new();
    list(&root, &mut files);
    files.sort();
    let mut counts: BTreeMap<bool, Counts> = BTreeMap::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let made_up = file.iter().any(|part| part == MADE_UP);
        let counts = counts.entry(made_up).or_default();
        for stream in &parse_text("modules.yaml", &text).streams {
            count(stream, &file, counts);
        }
    }
    for (made_up, Counts { now, earlier, neither }) in &counts {
        let all = now + earlier + neither.len();
        let what = if *made_up { "contexts made up for tests" } else { "contexts of real builds" };
        println!(
            "{what}: {} of {all} agree ({earlier} of them by the formulas of early 2018)",
            now + earlier
        );
    }
    let real = &counts[&false];
    assert!(real.now > 100, "{} documents carry a lock", real.now);
    assert!(real.neither.is_empty(), "{:#?}", real.neither);
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

fn count(stream: &Stream, file: &Path, counts: &mut Counts) {
    let xmd = stream.about.xmd.as_ref();
    let locked = |kind: &str, field: &str| -> BTreeMap<ModuleName, StreamName> {
        let Some(Value::Map(modules)) = xmd.and_then(|xmd| xmd.get("mbs")?.get(kind)) else {
            return BTreeMap::new();
        };
        let text = |lock: &Value| lock.get(field).and_then(Value::text).map(StreamName::from);
        modules.iter().filter_map(|(name, lock)| Some(((&**name).into(), text(lock)?))).collect()
    };
    let streams = locked("buildrequires", "stream");
    let (Some(context), false, false) =
        (&stream.context, streams.is_empty(), stream.static_context)
    else {
        return;
    };
    // A build imported without a context has none to compute.
    if context.as_str() == "00000000" {
        return;
    }
    let requires: Vec<BTreeMap<ModuleName, Vec<StreamName>>> = stream
        .dependencies
        .iter()
        .map(|group| {
            let streams = group.requires.iter();
            streams
                .map(|(name, need)| (name.clone(), need.streams.iter().cloned().collect()))
                .collect()
        })
        .collect();
    let contexts =
        |buildroot: &BTreeMap<_, _>| Contexts::new(buildroot, &requires, &["platform".into()]);
    let refs = locked("buildrequires", "ref");
    let required = locked("requires", "ref");
    let required_refs = contexts(&required).build_context;
    if contexts(&streams).context == *context {
        counts.now += 1;
    } else if contexts(&refs).context == *context
        || joined(&contexts(&refs).build_context, &required_refs) == *context
    {
        counts.earlier += 1;
    } else {
        counts.neither.push(format!("{}: {:?}", file.display(), stream.nsvca()));
    }
}

/// The context of two hashes, written anew.
fn joined(build: &str, runtime: &str) -> Context {
    let digest = Sha1::digest(format!("{build}:{runtime}").as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex[..8].into()
}
