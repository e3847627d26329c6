//! The rows first, then the hub: a store and a hub that record say what came when.

use std::sync::{Arc, Mutex};

use super::*;
use crate::live::explained::{Written, prefix, writes};

/// Keeps rows for a thread that looks on. Others may run before a row is kept.
struct Shown(Arc<Mutex<Vec<String>>>);

/// So often others may run first.
const TURNS: usize = 50;

impl Rows for Shown {
    type Error = Died;

    async fn keep(&mut self, rows: &[String]) -> Result<(), Died> {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        self.0.lock().expect("no panic").extend_from_slice(rows);
        Ok(())
    }
}

/// A call that writes, with how many rows were kept when it came.
type Came = (Written, usize);

#[test]
fn whatever_is_written_at_the_hub_follows_from_rows_that_were_kept_before() {
    let case = Case::start(0, &[]);
    let wire = Wire::start(&case.mock.server);
    let (rows, came): (Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<Came>>>) = Default::default();
    let (kept, seen) = (Arc::clone(&rows), Arc::clone(&came));
    wire.watch(move |request| {
        let count = kept.lock().expect("no panic").len();
        let all = writes(request).into_iter().map(|written| (written, count));
        seen.lock().expect("no panic").extend(all);
    });
    let stop = AtomicBool::new(false);
    let driven = case.process(case.found(), &wire.server, &mut Shown(Arc::clone(&rows)), &stop);
    case.is_done_once(&driven.expect("it lives"));
    let journal = case.heading.line() + &rows.lock().expect("no panic").concat();
    let came = came.lock().expect("no panic");
    assert!(came.len() > 20, "{}", came.len());
    let mut by_the_last_row = 0;
    for (written, rows) in came.iter() {
        let is_explained = |rows| written.is_explained_by(&prefix(&journal, rows));
        assert!(is_explained(*rows), "{written:?} after {rows} rows");
        by_the_last_row += u32::from(*rows > 0 && !is_explained(*rows - 1));
    }
    assert!(by_the_last_row > 0, "some need the last row that was kept");
}
