//! Recorded verdicts and dumps of the reference library: every odd and broken document gets the
//! recorded verdict, and good ones are equal field by field.

use std::path::{Path, PathBuf};

use modplan::load::{self, Minute, Options, Severity, Snapshot};
use modplan::report::snapshot as report;
use serde_json::Value;

use crate::support;
use crate::support::program::modplan;

/// Judged as if at the time of the recordings: after every date in the cases but those of 2999.
const NOW: &str = "2026-11-01T00:00Z";

/// One recorded case.
struct Case {
    file: PathBuf,
    is_packager: bool,
    expected: bool,
    expected_strict: Option<bool>,
    is_stricter: bool,
    dump: Option<PathBuf>,
    reason: String,
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a recorded file is there");
    serde_json::from_str(&text).expect("a recorded file is JSON")
}

fn cases(folder: &Path) -> Vec<Case> {
    let index = json(&folder.join("index.json"));
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let cases = index.as_array().expect("the index is a list").iter().map(|case| Case {
        file: folder.join(text(case, "file")),
        is_packager: text(case, "kind") == "packager",
        expected: text(case, "modplan") == "ok",
        expected_strict: case["libmodulemd_strict"]["verdict"]
            .as_str()
            .map(|verdict| verdict == "ok"),
        is_stricter: text(case, "modplan") != text(case, "expect"),
        dump: case["dump"].as_str().map(|dump| folder.join(dump)),
        reason: text(case, "reason"),
    });
    cases.collect()
}

fn read(file: &Path, options: &Options) -> Snapshot {
    let (inputs, options) = ([file.to_owned()], options.clone());
    support::within_a_minute(&file.display().to_string(), move || {
        load::load(&inputs, &options).expect("the file is there")
    })
}

fn is_accepted(snapshot: &Snapshot) -> bool {
    snapshot.findings.iter().all(|finding| finding.severity() == Severity::Warning)
}

#[expect(clippy::print_stdout, reason = "the run shows how many cases agree")]
fn tell(line: &str) {
    println!("{line}");
}

#[test]
fn every_verdict_agrees() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let cases = cases(&folder);
    let mut wrong = Vec::new();
    for case in &cases {
        let options = Options { is_packager: case.is_packager, ..Options::default() };
        let snapshot = read(&case.file, &options);
        if is_accepted(&snapshot) != case.expected {
            let findings: Vec<&String> = snapshot.findings.iter().map(|one| &one.message).collect();
            wrong.push(format!("{}: {} {findings:?}", case.file.display(), case.reason));
        }
    }
    tell(&format!("{} of {} verdicts agree", cases.len() - wrong.len(), cases.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Unknown fields are refused like in the reference; if modplan is stricter anyway, or a quirk of
/// the reference accepts one, nothing is compared.
#[test]
fn every_strict_verdict_agrees() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let cases = cases(&folder);
    let options = Options { is_strict: true, ..Options::default() };
    let judged = cases.iter().filter_map(|case| Some((case, case.expected_strict?)));
    let judged: Vec<_> = judged.filter(|(case, _)| !case.is_stricter).collect();
    let wrong: Vec<String> = judged
        .iter()
        .filter(|(case, expected)| is_accepted(&read(&case.file, &options)) != *expected)
        .map(|(case, _)| format!("{}: {}", case.file.display(), case.reason))
        .collect();
    tell(&format!("{} of {} strict verdicts agree", judged.len() - wrong.len(), judged.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares the record with modplan's output, which may contain more.
fn differences(path: &str, recorded: &Value, shown: &Value, out: &mut Vec<String>) {
    match (recorded, shown) {
        (Value::Object(recorded), Value::Object(shown)) => {
            // Keys below are names of modules, streams and the like, not fields.
            let is_root = !path.contains(".modules");
            for (key, value) in recorded {
                let inner = format!("{path}.{key}");
                match shown.get(key) {
                    _ if is_root && (key == "libmodulemd" || ERRORS.contains(&key.as_str())) => {}
                    Some(other) => differences(&inner, value, other, out),
                    None => out.push(format!("{inner} is missing")),
                }
            }
            if is_root {
                errors(path, recorded, shown, out);
            }
            // Maps keyed by names must have exactly the recorded names.
            let is_keyed =
                ["modules", "rpms", "profiles", "buildrequires", "requires", "translations"];
            if is_keyed.iter().any(|name| path.ends_with(name)) {
                let more = shown.keys().filter(|key| !recorded.contains_key(*key));
                out.extend(more.map(|key| format!("{path}.{key} is too much")));
            }
        }
        (Value::Array(recorded), Value::Array(shown)) if recorded.len() == shown.len() => {
            for (index, (one, other)) in recorded.iter().zip(shown).enumerate() {
                differences(&format!("{path}[{index}]"), one, other, out);
            }
        }
        _ if recorded == shown => {}
        _ => out.push(format!("{path}: recorded {recorded}, shown {shown}")),
    }
}

/// Fields that hold errors, whose words, codes and places are modplan's own.
const ERRORS: [&str; 5] = ["error", "failures", "index_error", "stream_v2_error", "validate_error"];

type Object = serde_json::Map<String, Value>;

/// Compares whether there are errors: by the rules of the documentation their words differ.
fn errors(path: &str, recorded: &Object, shown: &Object, out: &mut Vec<String>) {
    let any =
        |map: &Object, keys: &[&str]| keys.iter().any(|key| map.get(*key).is_some_and(is_any));
    // The reference distinguishes errors that end a whole file.
    for keys in [&ERRORS[..2], &ERRORS[2..3], &ERRORS[3..4], &ERRORS[4..]] {
        let (recorded, shown) = (any(recorded, keys), any(shown, keys));
        if recorded != shown {
            out.push(format!("{path}.{}: recorded {recorded}, shown {shown}", keys[0]));
        }
    }
}

/// Returns whether a value is not empty.
fn is_any(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(is_any),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Removes the ends of life that the reference does not attach: without a context, it attaches one
/// only to streams without a context or read before it, while modplan ignores the order.
fn as_read_in_order(shown: &mut Value, snapshot: &Snapshot) {
    let modules = shown["modules"].as_object_mut().into_iter().flatten();
    let streams = modules.filter_map(|(_, module)| module["streams"].as_array_mut()).flatten();
    for shown in streams.filter(|stream| stream["active_obsoletes"].is_object()) {
        let is_it = |one: &&load::Stream| one.nsvca().as_deref() == shown["nsvca"].as_str();
        let stream = snapshot.streams.iter().find(is_it).expect("what is shown was read");
        let active = &shown["active_obsoletes"];
        let end = snapshot.obsoletes.iter().find(|one| {
            one.module == stream.name
                && one.stream == stream.stream
                && one.context.is_none()
                && active["context"].is_null()
                && active["modified"] == one.modified.number()
        });
        if end.is_some_and(|end| end.place < stream.place) && stream.context.is_some() {
            shown["active_obsoletes"] = Value::Null;
        }
    }
}

fn shown(case: &Case) -> Value {
    let options = Options { is_packager: case.is_packager, ..Options::default() };
    let snapshot = read(&case.file, &options);
    if case.is_packager {
        return match snapshot.packagers.first() {
            Some(packager) => report::packager_json(packager, &snapshot),
            None => Value::Null,
        };
    }
    let mut shown = report::snapshot_json(&snapshot, NOW.parse().ok());
    as_read_in_order(&mut shown, &snapshot);
    shown
}

/// A buildorder is kept in full, as specified; the reference keeps 32 bits of it.
fn cut_buildorders(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "buildorder"
                    && let Some(order) = value.as_i64()
                {
                    let bytes = order.to_le_bytes();
                    *value = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into();
                }
                cut_buildorders(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut_buildorders),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_dump_agrees() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let cases = cases(&folder);
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.expected) {
        let Some(dump) = &case.dump else { continue };
        compared += 1;
        let mut shown = shown(case);
        cut_buildorders(&mut shown);
        let mut found = Vec::new();
        differences("", &json(dump), &shown, &mut found);
        if !found.is_empty() {
            wrong.push(format!("{}:\n  {}", case.file.display(), found.join("\n  ")));
        }
    }
    tell(&format!("{} of {compared} dumps agree", compared - wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_dump_of_real_files_and_merges_agrees() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let index = json(&folder.join("data-index.json"));
    let entries = index.as_array().expect("the index is a list");
    let mut wrong = Vec::new();
    for entry in entries {
        let recorded = json(&folder.join(entry["dump"].as_str().expect("each has a dump")));
        let inputs = entry["inputs"].as_array().expect("each has inputs").iter();
        let inputs: Vec<PathBuf> =
            inputs.map(|input| folder.join(input.as_str().expect("a path"))).collect();
        let options = Options {
            is_packager: entry["kind"] == "packager",
            is_strict: entry["strict_default_streams"] == true,
            ..Options::default()
        };
        let snapshot = load::load(&inputs, &options).expect("the files are there");
        let mut found = Vec::new();
        if !entry["merge_error"].is_null() {
            let refused =
                snapshot.findings.iter().any(|one| one.code.as_str() == "defaults-conflict");
            found.extend((!refused).then(|| "the merge was not refused".to_owned()));
        } else {
            let mut shown = match snapshot.packagers.first() {
                Some(packager) => report::packager_json(packager, &snapshot),
                None => report::snapshot_json(&snapshot, NOW.parse::<Minute>().ok()),
            };
            as_read_in_order(&mut shown, &snapshot);
            cut_buildorders(&mut shown);
            differences("", &recorded, &shown, &mut found);
        }
        if !found.is_empty() {
            wrong.push(format!("{}:\n  {}", entry["dump"], found.join("\n  ")));
        }
    }
    tell(&format!(
        "{} of {} dumps of files and merges agree",
        entries.len() - wrong.len(),
        entries.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_command_ends_as_the_verdict_says() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let cases = cases(&folder);
    for case in &cases {
        let file = case.file.to_str().expect("UTF-8");
        let kind = if case.is_packager { &["--packager"][..] } else { &[] };
        let said = modplan(&[&["check", "--quiet", file], kind].concat());
        let expected = i32::from(!case.expected);
        assert_eq!(said.code, expected, "{}: {}", case.file.display(), case.reason);
    }
    tell(&format!("{0} of {0} exit codes agree", cases.len()));
}
