//! A sweep as a whole process: wall time and peak memory of `capacity` over 100 farms, of the
//! report of such a sweep, and of `compare`. Each line prints the target beside the measurement.
//!
//! The inputs are made here: 25 modules in five layers, 12 components each in three batches, for four
//! arches, with ten recorded rows for every package and arch.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

const ARCHES: [&str; 4] = ["aarch64", "ppc64le", "s390x", "x86_64"];
const MODULES: usize = 25;
const LAYER: usize = 5;
const COMPONENTS: usize = 12;
/// Recorded rows of each package on each arch.
const ROWS: usize = 10;

/// The time and memory of one process.
struct Taken {
    wall: Duration,
    /// Its peak of resident memory, in MiB.
    peak: f64,
}

fn modules() -> String {
    let mut text = String::new();
    for (at, arch) in (0..MODULES).flat_map(|at| ARCHES.map(|arch| (at, arch))) {
        let needs: String = (0..LAYER)
            .filter(|_| at >= LAYER)
            .map(|step| at / LAYER * LAYER - LAYER + step)
            .filter(|before| (before + at) % 2 == 0)
            .map(|before| format!("      m{before:02}: [\"1\"]\n"))
            .collect();
        write!(
            text,
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: m{at:02}\n  stream: \"1\"\n  version: 1\n  \
             context: 0000000a\n  arch: {arch}\n  summary: m\n  description: m\n  license:\n    module: [MIT]\n  \
             dependencies:\n  - buildrequires:\n{needs}      platform: [el8]\n    requires:\n      platform: \
             [el8]\n  components:\n    rpms:\n"
        )
        .expect("a string takes all");
        for component in 0..COMPONENTS {
            writeln!(
                text,
                "      p{at:02}-{component:02}: {{rationale: r, ref: \"1\", buildorder: {}}}",
                component % 3
            )
            .expect("a string takes all");
        }
        text.push_str("...\n");
    }
    text
}

fn trace() -> String {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let mut text = "package,method,arch,run_seconds,outcome\n".to_owned();
    for (at, component) in (0..MODULES).flat_map(|at| (0..COMPONENTS).map(move |of| (at, of))) {
        for arch in ARCHES.iter().flat_map(|arch| [arch; ROWS]) {
            let seconds = 60 + random.next_u64() % 900;
            writeln!(text, "p{at:02}-{component:02},buildArch,{arch},{seconds},closed")
                .expect("a string takes all");
        }
    }
    text
}

fn farm(model: &str) -> String {
    let groups: String = ["arm", "ppc", "z", "x86"]
        .iter()
        .zip(ARCHES)
        .map(|(name, arch)| format!("- {{name: {name}, count: 6, arches: [{arch}]}}\n"))
        .collect();
    format!("model: {model}\nbuilders:\n{groups}")
}

/// Runs the program to its end and returns its time and memory.
#[expect(clippy::disallowed_methods, reason = "a bench reads a clock")]
fn run(directory: &Path, arguments: &str) -> Taken {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_modplan"))
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak: f64 = 0.0;
    while child.try_wait().expect("it can be waited for").is_none() {
        peak = peak.max(peak_of(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    Taken { wall: began.elapsed(), peak }
}

/// Reads the peak memory of a process, in MiB, if the system reports it.
fn peak_of(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn main() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(place.path().join(name), text).expect("a file can be written");
    };
    write("modules.yaml", &modules());
    write("trace.csv", &trace());
    write("ideal.yaml", &farm("ideal"));
    write("koji.yaml", &farm("koji"));
    let world = "modules.yaml --all --trace trace.csv";
    let grid = "--vary x86=2..20:2 --vary arm=2..20:2 --deadline 6h";
    let sweep = format!("capacity {world} --farm ideal.yaml {grid}");
    let told = |what: &str, asked: &str, arguments: &str| {
        let Taken { wall, peak } = run(place.path(), arguments);
        println!("{what:<58} {:>8.2} s {peak:>8.1} MiB  asked: {asked}", wall.as_secs_f64());
    };
    // A quick run if benches are only tried.
    let (many, few) = match std::env::args().any(|argument| argument == "--test") {
        true => (4, 2),
        false => (1000, 100),
    };
    told(
        &format!("capacity, ideal: 100 farms x 2 approaches x {many}"),
        "60 s, 1024 MiB",
        &format!("{sweep} --replications {many} -o report"),
    );
    told(
        &format!("capacity, ideal: one part of the same, {few} replications"),
        "-",
        &format!("{sweep} --replications {few} --shard 1/1 -o parts"),
    );
    told("its report: merge of that part", "2 s", "merge parts -o merged");
    told(
        &format!("compare, ideal: 4 variants x {many}, with its report"),
        "-",
        &format!("compare {world} --farm ideal.yaml --replications {many} -o compared"),
    );
    told(
        &format!("compare, ideal: one part, {many} replications"),
        "-",
        &format!("compare {world} --farm ideal.yaml --replications {many} --shard 1/1 -o part"),
    );
    told("its report: merge of that part", "2 s", "merge part -o again");
    told(
        &format!("compare, koji: 2 variants x {few}"),
        "-",
        &format!(
            "compare {world} --farm koji.yaml --replications {few} --variants \
             koji-owned/planned,orchestrator-owned/planned"
        ),
    );
    let kept: PathBuf = place.path().join("compared/report.html");
    let size = std::fs::metadata(kept).map_or(0, |file| file.len());
    println!("report.html of compare: {} KiB", size / 1024);
}
