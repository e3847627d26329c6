//! Many replications side by side. The only place where threads are used; results are collected in
//! the order of replications, so they are the same for any number of threads.

use rayon::prelude::*;

use super::{RunFigures, Setup, World};

/// How many replications one world runs before it is put together anew: worlds are reused for
/// speed, and pieces this small keep all threads at work.
const CHUNK: usize = 16;

/// Runs replications `first..first + count` of a setup.
///
/// `threads` 0 means one per processor. Returns the figures in replication order.
///
/// # Panics
/// When the operating system refuses to start threads.
#[must_use]
pub fn replications(setup: &Setup, count: usize, threads: usize) -> Vec<RunFigures> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("the operating system starts threads");
    let numbers: Vec<u64> = (0..count as u64).collect();
    pool.install(|| {
        numbers
            .par_chunks(CHUNK)
            .flat_map_iter(|chunk| {
                let mut world = World::new(setup);
                chunk.iter().map(move |&replication| world.run(replication))
            })
            .collect()
    })
}
