//! A run at the mock hub takes as long as it does in the simulator: the same farm, history and interval of polls,
//! and an orchestrator that hears of koji by its polls alone.

use std::fs;

use modplan::time::Timestamp;
use serde_json::Value as Json;

use super::whole::{decided_with, work_case};
use super::*;
use crate::live::dry_run::{Case as DryCase, GIVEN, TIME, plan};
use crate::live::mock_koji::{FARM, TRACE};
use crate::support::program::modplan as program;

/// A client's interval of polls, in seconds of the hub.
const POLL_SECONDS: u64 = 60;
/// So far may the times be apart.
const TOLERANCE: f64 = 0.1;
const SCENARIO: &str = "orchestrator_owned: {hears: polls, poll: 60s, repo: self}\n";

/// What is rebuilt, and how fast the hub's time passes.
struct Compared {
    change: &'static str,
    given: &'static str,
    speed: u64,
}

/// When each module is ready, in seconds since the first began.
type Times = BTreeMap<String, f64>;

impl Compared {
    fn plan(&self, case: &DryCase) -> String {
        let farm = case.path("farm.yaml");
        let text = fs::read_to_string(FARM).expect("it is there");
        // Submissions of a run go together.
        fs::write(&farm, text.replace("hub: {submit_interval: 1s}\n", "")).expect("it is writable");
        let path = case.path("plan.json");
        let change = ["--changed", self.change, "--unit", "context", "--at", TIME];
        plan(&[&change[..], &["--trace", TRACE, "--farm", &farm]].concat(), &path);
        farm
    }

    fn simulated(&self, case: &DryCase, farm: &str) -> Times {
        let scenario = case.path("scenario.yaml");
        fs::write(&scenario, SCENARIO).expect("it is writable");
        let path = case.path("plan.json");
        let what = ["execute", &path, "--approach", "orchestrator-owned", "--format", "json"];
        let world = ["--trace", TRACE, "--farm", farm, "--scenario", &scenario];
        let said = program(&[&what[..], &world].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let run: Json = serde_json::from_str(&said.out).expect("JSON");
        let modules = run["modules"].as_object().expect("a map").iter();
        modules
            .map(|(id, row)| (id.clone(), row["ready_seconds"].as_f64().expect("ready")))
            .collect()
    }

    fn live(&self, case: DryCase) -> Times {
        let (plan, mut decided) = decided_with(&case, self.given);
        let poll_ms = POLL_SECONDS * 1000 / self.speed;
        decided.poll_ms = poll_ms;
        let DryCase { directory, mock } = case;
        let mut case = work_case(&plan, &decided, directory.path(), mock);
        case.heading.began.poll_ms = poll_ms;
        let driven = case.drive(None).expect("it lives");
        assert!(driven.is_over, "{driven:?}");
        let modules = &driven.figures.modules;
        let begin = modules.values().map(|figures| figures.opened).min().expect("one begins");
        let seconds = |at: Timestamp| {
            (at - begin).as_secs_f64()
                * f64::from(u32::try_from(self.speed).expect("a small speed"))
        };
        modules
            .iter()
            .map(|(id, figures)| (id.to_string(), seconds(figures.ready.expect("it is ready"))))
            .collect()
    }

    /// Runs both worlds; returns whether every module is ready at about the same time.
    fn is_alike(&self) -> bool {
        let case = DryCase::without_plan(&["--speed", &self.speed.to_string()]);
        // The documents of the fixture are of this arch.
        case.write_config(|text| text.replace("[aarch64, x86_64]", "[x86_64]"));
        let farm = self.plan(&case);
        let simulated = self.simulated(&case, &farm);
        let live = self.live(case);
        assert!(live.keys().eq(simulated.keys()), "{live:?} {simulated:?}");
        for (id, seconds) in &live {
            println!("{id}: {seconds:.0} s, simulated {:.0} s", simulated[id]);
        }
        live.iter().all(|(id, seconds)| (seconds / simulated[id] - 1.0).abs() < TOLERANCE)
    }
}

#[test]
fn a_run_takes_as_long_as_it_does_in_the_simulator() {
    if std::process::Command::new("rpmbuild").arg("--version").output().is_err() {
        crate::support::left_out("no rpmbuild (Debian's rpm)");
        return;
    }
    let whole = Compared { change: "perl:5.30", given: GIVEN, speed: 60 };
    let one = |speed| Compared {
        change: "perl-App-cpanminus:1.7044:2e584954",
        given: "perl:5.30,perl-YAML:1.24,perl-libwww-perl:6.34",
        speed,
    };
    // What this machine does besides counts as many times as fast as the hub's time passes.
    let is_alike = match std::env::var_os("MODPLAN_WHOLE_TIMES") {
        Some(_) => whole.is_alike(),
        None => [240, 120, 60].into_iter().any(|speed| one(speed).is_alike()),
    };
    assert!(is_alike, "the times are more than a tenth apart");
}
