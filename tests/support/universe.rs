//! Universes of builds for tests and benches: random small ones, and the shapes that the Module
//! Build Service was timed on.

use modplan::expand::resolve::{Candidate, Needs};
use modplan::name::{ModuleName, Nsvc, StreamName, Version};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Builds, and the dependency groups of a document to resolve against them.
pub(crate) struct Case {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) groups: Vec<Needs>,
}

pub(crate) fn build(nsvc: [&str; 4], requires: Vec<Needs>, platform: Option<&str>) -> Candidate {
    let [name, stream, version, context] = nsvc;
    Candidate {
        nsvc: Nsvc {
            name: name.into(),
            stream: stream.into(),
            version: Version(version.parse().expect("a version is a number")),
            context: context.into(),
        },
        requires,
        built_against: platform
            .map(|stream| ("platform".into(), stream.into()))
            .into_iter()
            .collect(),
        virtual_streams: Vec::new(),
        added: None,
    }
}

pub(crate) fn need(name: &str, streams: &[&str]) -> (ModuleName, Vec<StreamName>) {
    (name.into(), streams.iter().map(|&stream| stream.into()).collect())
}

/// Makes a small universe with everything that can go wrong in it, and one or two groups.
pub(crate) fn random(seed: u64) -> Case {
    let mut rng = Pcg64::seed_from_u64(seed);
    let three_part = rng.random_bool(0.5);
    let platforms: &[&str] =
        if three_part { &["el8.0.0", "el8.1.0", "el8.2.0"] } else { &["f28", "f29"] };
    let mut candidates: Vec<Candidate> = platforms
        .iter()
        .map(|stream| {
            let mut base = build(["platform", stream, "1", "00000000"], Vec::new(), None);
            if three_part {
                base.virtual_streams.push("el8".into());
            }
            base
        })
        .collect();
    for name in ["a", "b", "c", "d"] {
        for stream in ["1", "2"] {
            for number in 0..rng.random_range(0..3_u32) {
                let platform = platforms[rng.random_range(0..platforms.len())];
                let required = if three_part { "el8" } else { platform };
                let groups = (0..rng.random_range(0..3_u32)).map(|_| {
                    let mut needs = needs(&mut rng, 0.35);
                    if rng.random_bool(0.7) {
                        needs.extend([need("platform", &[required])]);
                    }
                    needs
                });
                let groups = groups.collect();
                let version = rng.random_range(1..3_u32).to_string();
                let context = format!("{name}{stream}{number}");
                let nsvc = [name, stream, &version, &context];
                candidates.push(build(nsvc, groups, Some(platform)));
            }
        }
    }
    let groups = (0..rng.random_range(1..3_u32)).map(|_| {
        let mut group = needs(&mut rng, 0.5);
        let platform = platforms[rng.random_range(0..platforms.len())];
        group.extend([need(
            "platform",
            if rng.random_bool(0.5) { &[] } else { std::slice::from_ref(&platform) },
        )]);
        group
    });
    let groups = groups.collect();
    Case { candidates, groups }
}

fn needs(rng: &mut Pcg64, share: f64) -> Needs {
    let choices: [&[&str]; 4] = [&[], &["1"], &["2"], &["1", "2"]];
    ["a", "b", "c", "d"]
        .into_iter()
        .filter_map(|name| {
            let wanted = rng.random_bool(share);
            let streams = choices[rng.random_range(0..choices.len())];
            wanted.then(|| need(name, streams))
        })
        .collect()
}

/// Makes modules `p0`, `p1`, … that each need one of the fewer modules `h0`, `h1`, … to themselves,
/// so that they cannot be had together, and beside them `open` modules of three streams.
pub(crate) fn pigeonholes(pigeons: usize, holes: usize, open: usize) -> Case {
    let f29 = ("platform", "f29");
    let on_f29 = || need(f29.0, &[f29.1]);
    let mut candidates = vec![build(["platform", "f29", "1", "00000000"], Vec::new(), None)];
    let mut group: Needs = [on_f29()].into();
    for pigeon in 0..pigeons {
        let (name, own) = (format!("p{pigeon}"), format!("s{pigeon}"));
        for hole in 0..holes {
            let (hole, context) = (format!("h{hole}"), format!("c{hole}"));
            let needs = [on_f29(), need(&hole, &[&own])].into();
            candidates.push(build([&name, "1", "1", &context], vec![needs], Some("f29")));
            candidates.push(build([&hole, &own, "1", "c0"], vec![[on_f29()].into()], Some("f29")));
        }
        group.extend([need(&name, &["1"])]);
    }
    for module in 0..open {
        let name = format!("m{module}");
        for stream in ["0", "1", "2"] {
            candidates.push(build(
                [&name, stream, "1", "c0"],
                vec![[on_f29()].into()],
                Some("f29"),
            ));
        }
        group.extend([need(&name, &[])]);
    }
    Case { candidates, groups: vec![group] }
}

/// Makes modules `m0`, `m1`, … without requirements on each other, the first `open` of three
/// streams, all built for two platforms in `contexts` contexts each, and a document that
/// buildrequires any stream of the first `open` and of the platform.
pub(crate) fn independent(modules: usize, open: usize, contexts: usize) -> Case {
    let platforms = ["f28", "f29"];
    let base = |stream| build(["platform", stream, "1", "00000000"], Vec::new(), None);
    let mut candidates: Vec<Candidate> = platforms.into_iter().map(base).collect();
    for module in 0..modules {
        let streams = if module < open { 3 } else { module % 3 + 1 };
        for stream in 0..streams {
            for platform in platforms {
                for context in 0..contexts {
                    let nsvc = [
                        &format!("m{module}"),
                        &format!("{stream}"),
                        "1",
                        &format!("{context:04}{platform}"),
                    ];
                    let requires = vec![[need("platform", &[platform])].into()];
                    candidates.push(build(nsvc, requires, Some(platform)));
                }
            }
        }
    }
    let open = (0..open).map(|module| need(&format!("m{module}"), &[]));
    Case { candidates, groups: vec![open.chain([need("platform", &[])]).collect()] }
}

/// Makes a ladder: two modules a level, each requiring both of the level below at run time.
pub(crate) fn diamond(depth: usize) -> Case {
    let mut candidates = vec![build(["platform", "f29", "1", "00000000"], Vec::new(), None)];
    for level in 0..depth {
        for side in ["l", "r"] {
            let mut requires: Needs = [need("platform", &["f29"])].into();
            if level > 0 {
                let below = ["l", "r"].map(|side| need(&format!("{side}{}", level - 1), &["1"]));
                requires.extend(below);
            }
            let nsvc = [&format!("{side}{level}"), "1", "1", "c0"];
            candidates.push(build(nsvc, vec![requires], Some("f29")));
        }
    }
    let top = need(&format!("l{}", depth - 1), &["1"]);
    Case { candidates, groups: vec![[top, need("platform", &["f29"])].into()] }
}

/// Makes two modules that require each other at run time.
pub(crate) fn cycle() -> Case {
    let on = |other: &str| vec![[need("platform", &["f29"]), need(other, &["1"])].into()];
    let candidates = vec![
        build(["platform", "f29", "1", "00000000"], Vec::new(), None),
        build(["x", "1", "1", "c0"], on("y"), Some("f29")),
        build(["y", "1", "1", "c0"], on("x"), Some("f29")),
    ];
    Case { candidates, groups: vec![[need("x", &["1"]), need("platform", &["f29"])].into()] }
}
