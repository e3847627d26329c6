//! Journalling one event, beside a bare append of the same line to a file that is then synced.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use modplan::store::{Holder, NewRun, Store, UnixMillis};

use super::block_on;
use super::clock::{median, timed};

/// The two take turns: others use the disk, too.
const ROUNDS: u32 = 1000;
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// Prints the medians of both and how they compare.
#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
pub(super) fn append(directory: &Path) {
    let line = format!("{{\"row\":1,\"at\":2,\"event\":\"{}\"}}\n", "x".repeat(220));
    let mut bare = File::create(directory.join("bare.jsonl")).expect("a file");
    let url = format!("sqlite:{}", directory.join("append.db").display());
    let (mut alone, mut stored) = (Vec::new(), Vec::new());
    block_on(async {
        let store = Store::open(&url).await.expect("it opens");
        let new = NewRun {
            run: "r1".to_owned(),
            hub: "https://koji.example.org/kojihub".to_owned(),
            approach: "orchestrator-owned".to_owned(),
            heading: "{}\n".to_owned(),
            work: "{}".to_owned(),
            streams: Vec::new(),
            indexes: Vec::new(),
        };
        let begun = store.begin(&new, &Holder::this_process(), NOW, 60_000).await;
        let mut driven = begun.expect("it begins");
        for _ in 0..ROUNDS {
            let (seconds, ()) = timed(|| {
                bare.write_all(line.as_bytes()).expect("it is written");
                bare.sync_data().expect("it is synced");
            });
            alone.push(seconds);
            let began = now();
            store.append(&mut driven, std::slice::from_ref(&line), NOW).await.expect("it is kept");
            stored.push(began.elapsed().as_secs_f64());
        }
    });
    let mean = |all: &[f64]| all.iter().sum::<f64>() / f64::from(ROUNDS);
    let ratio = mean(&stored) / mean(&alone);
    let (slow, quick) = (mean(&stored) * 1e3, mean(&alone) * 1e3);
    println!("means: {slow:.3} ms an event, {quick:.3} ms a bare append: {ratio:.2} times");
    let (slow, quick) = (median(stored) * 1e3, median(alone) * 1e3);
    let ratio = slow / quick;
    println!(
        "medians: {slow:.3} ms an event, {quick:.3} ms a bare append: {ratio:.2} times, goal 1.5"
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench measures the wall clock")]
fn now() -> Instant {
    Instant::now()
}
