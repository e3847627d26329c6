//! Rebuilds of the size of a farm from a seed: components in layers, each for four arches, with lognormal
//! times.

use modplan::plan::schedule::{Builders, Job, Problem};
use rand::{Rng as _, SeedableRng as _};
use rand_distr::Distribution as _;
use rand_pcg::Pcg64Mcg;

/// How large an instance is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) components: u32,
    /// Builders of each arch.
    pub(crate) builders: u32,
}

/// How much longer a build takes on each arch than on the first.
const ARCHES: [f64; 4] = [1.0, 1.1, 1.2, 1.5];

/// How long components take, in seconds: half of them less than ten minutes.
const MEDIAN: f64 = 600.0;

/// Makes an instance: every component but those of the first layer waits for one to three of the layer
/// before. Times are whole multiples of `unit_ms`.
pub(crate) fn instance(size: Size, layers: u32, unit_ms: u64, seed: u64) -> Problem {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let of_component = rand_distr::LogNormal::new(MEDIAN.ln(), 0.8).expect("a finite spread");
    let of_task = rand_distr::LogNormal::new(0.0, 0.1).expect("a finite spread");
    let mut jobs: Vec<Job> = (0..size.components)
        .map(|_| {
            let base: f64 = of_component.sample(&mut random);
            let mut ms = |arch: usize| {
                let seconds = base * ARCHES[arch] * of_task.sample(&mut random);
                whole(seconds * 1000.0, unit_ms)
            };
            Job { tasks: (0..4).map(|arch| (arch, ms(arch as usize))).collect(), before: vec![] }
        })
        .collect();
    let layer = |at: u32| at * layers / size.components;
    let first = |layer: u32| (layer * size.components).div_ceil(layers);
    for at in first(1)..size.components {
        let (from, to) = (first(layer(at) - 1), first(layer(at)));
        for _ in 0..=random.next_u64() % 3 {
            let offset = random.next_u64() % u64::from(to - from);
            let before = from + u32::try_from(offset).expect("smaller than a layer");
            let followers = &mut jobs[before as usize].before;
            if !followers.contains(&at) {
                followers.push(at);
            }
        }
    }
    let group = |arch| Builders { places: size.builders, arches: vec![arch], speed: 1.0 };
    Problem::new(&jobs, (0..4).map(group).collect(), 4)
}

fn whole(ms: f64, unit: u64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive time")]
    let ms = ms as u64;
    ms.next_multiple_of(unit)
}
