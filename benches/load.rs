//! Measures the reading of modulemd: two real repositories, and 20 MB made from each. After
//! criterion's figures come those of libmodulemd on the same files, if Debian's python3-gi and
//! gir1.2-modulemd-2.0 are installed, the peak memory, which has a bound, and the slowest of all
//! recorded and hostile cases.

use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::{Criterion, Throughput};
use modplan::load::{Options, Snapshot, load};

#[path = "../tests/support/shared.rs"]
mod shared;

/// The size of the large file.
const LARGE_BYTES: usize = 20_000_000;
/// The argument with which this program reads one file and reports its own peak memory.
const PEAK: &str = "--peak-of";

fn read(path: &Path) -> Snapshot {
    load(&[path.to_owned()], &Options::default()).expect("the file is there")
}

/// Writes a large file: a small one again and again, its modules renamed each time.
fn large(small: &Path, name: &str) -> PathBuf {
    let text = std::fs::read_to_string(small).expect("readable");
    let mut out = String::with_capacity(LARGE_BYTES + text.len());
    for round in 0.. {
        if out.len() >= LARGE_BYTES {
            break;
        }
        for line in text.lines() {
            out.push_str(line);
            if line.starts_with("  name: ") {
                out.push('-');
                out.push_str(&round.to_string());
            }
            out.push('\n');
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, out).expect("writable");
    path
}

/// Returns the processor time that this process has used, in seconds.
fn processor_seconds() -> f64 {
    const TICKS_A_SECOND: f64 = 1e9;
    // The first number of schedstat: nanoseconds on a processor.
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    nanoseconds.unwrap_or(0.0_f64) / TICKS_A_SECOND
}

/// Returns the minimum of the mean read times of five rounds. The system counts process time in
/// ticks, so a round lasts many ticks.
fn best_seconds(path: &Path) -> f64 {
    const ROUND_SECONDS: f64 = 0.2;
    let round = |_| {
        let (start, mut reads) = (processor_seconds(), 0.0);
        while processor_seconds() - start < ROUND_SECONDS {
            drop(read(path));
            reads += 1.0;
        }
        (processor_seconds() - start) / reads
    };
    (0..5).map(round).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::print_stdout, reason = "a bench reports")]
fn compare(path: &Path) {
    let ours = best_seconds(path);
    let bytes = std::fs::metadata(path).expect("there").len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let peak = peak_of(path);
    let bound = bytes * 5 / 2 + (20 << 20);
    println!(
        "{name}: modplan {ours:.4} s of processor time, {:.0} MB/s",
        bytes as f64 / ours / 1e6
    );
    println!("{name}: peak {peak} bytes, bound {bound}");
    assert!(peak <= bound, "{name} takes more memory than 2.5 times its size and 20 MiB");
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/libmodulemd.py");
    let output = Command::new("/usr/bin/python3").arg(peer).arg(path).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!("{name}: libmodulemd is not installed (python3-gi, gir1.2-modulemd-2.0)");
        return;
    };
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("the peer tells JSON");
    let theirs = told["seconds"].as_f64().expect("seconds");
    println!("{name}: libmodulemd {theirs:.4} s, {:.1} times as long", theirs / ours);
}

/// Returns the peak memory of a process that reads one file and keeps its content.
fn peak_of(path: &Path) -> u64 {
    let program = std::env::current_exe().expect("it runs");
    let output = Command::new(program).arg(PEAK).arg(path).output().expect("it starts");
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn tell_peak(path: &Path) {
    let snapshot = read(path);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes: u64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    println!("{}", kibibytes * 1024);
    drop(snapshot);
}

/// Writes documents of 10 MB in one text, and of 100 000 nested collections.
fn hostile() -> Vec<PathBuf> {
    let fields = [
        ("plain", format!("  description: {}\n", "x".repeat(10_000_000))),
        ("quoted", format!("  description: \"{}\"\n", "x ".repeat(5_000_000))),
        ("brackets", format!("  description: d\n  odd: {}\n", "[".repeat(100_000))),
        ("braces", format!("  description: d\n  odd: {}\n", "{a: ".repeat(100_000))),
        ("dashes", format!("  description: d\n  odd:\n    {}\n", "- ".repeat(100_000))),
    ];
    let write = |(name, field): (&str, String)| {
        let text = format!(
            "document: modulemd\nversion: 2\ndata:\n  name: a\n  stream: b\n  summary: s\n  \
             license: {{module: [MIT]}}\n{field}"
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{name}.yaml"));
        std::fs::write(&path, text).expect("writable");
        path
    };
    fields.into_iter().map(write).collect()
}

/// Every odd and hostile document must be done with in less than a second.
#[expect(clippy::print_stdout, reason = "a bench reports")]
fn cases() {
    let Some(folder) = shared::shared("cases/modulemd/cases") else { return };
    let files =
        std::fs::read_dir(folder).expect("readable").map(|file| file.expect("there").path());
    let timed = files.chain(hostile()).map(|path| {
        let start = processor_seconds();
        drop(read(&path));
        (processor_seconds() - start, path)
    });
    let (seconds, path) = timed.max_by(|a, b| a.0.total_cmp(&b.0)).expect("cases");
    println!("slowest case: {} {seconds:.4} s", path.display());
    assert!(seconds < 1.0, "{} takes too long", path.display());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == PEAK) {
        return tell_peak(Path::new(&arguments[at + 1]));
    }
    let Some(small) = shared::shared("data/modulemd/libmodulemd-f29/f29-updates.yaml") else {
        return;
    };
    let el8 = shared::shared("data/modulemd/eurolinux8/x86_64-appstream.modules.yaml");
    let el8 = el8.expect("it stands beside the other");
    let files = [
        ("20mb", large(&small, "modules-20mb.yaml")),
        ("el8-20mb", large(&el8, "el8-20mb.yaml")),
        ("el8", el8),
        ("f29-updates", small),
    ];
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let mut group = criterion.benchmark_group("load");
    for (name, path) in &files {
        let bytes = std::fs::metadata(path).expect("there").len();
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(*name, |bench| bench.iter_with_large_drop(|| read(path)));
    }
    group.finish();
    criterion.final_summary();
    if arguments.iter().any(|argument| argument == "--bench") {
        files.iter().for_each(|(_, path)| compare(path));
        cases();
    }
}
