//! Figures for Prometheus, in its text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Book, PackageState, State};

const EXPECTED: &str = "a string takes all";

/// How many requests were answered, by method and status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests(BTreeMap<(String, u16), u64>);

impl Requests {
    /// Counts an answer. Methods that no API has count as one.
    pub fn count(&mut self, method: &str, status: u16) {
        let known = ["GET", "HEAD", "POST", "PATCH"].contains(&method);
        let method = if known { method } else { "other" };
        *self.0.entry((method.to_owned(), status)).or_default() += 1;
    }
}

/// Renders the figures; `now` is in seconds since 1970.
#[must_use]
pub fn metrics(book: &Book, requests: &Requests, now: i64) -> String {
    let mut text = String::new();
    head(&mut text, "modplan_module_builds", "gauge", "Module builds by state.");
    let mut states: BTreeMap<State, u64> = State::ALL.iter().map(|state| (*state, 0)).collect();
    for build in book.all() {
        *states.entry(build.state).or_default() += 1;
    }
    for (state, count) in &states {
        writeln!(text, "modplan_module_builds{{state=\"{}\"}} {count}", state.as_str())
            .expect(EXPECTED);
    }
    head(&mut text, "modplan_component_builds", "gauge", "Component builds by state at koji.");
    let mut parts: BTreeMap<&str, u64> =
        PackageState::ALL.iter().map(|state| (state.as_str(), 0)).collect();
    for component in book.all().flat_map(|build| &build.components) {
        let state = component.state.map_or("waiting", PackageState::as_str);
        *parts.entry(state).or_default() += 1;
    }
    for (state, count) in &parts {
        let state = state.to_lowercase();
        writeln!(text, "modplan_component_builds{{state=\"{state}\"}} {count}").expect(EXPECTED);
    }
    let help = "Age of the oldest submission whose run has not begun.";
    head(&mut text, "modplan_queue_age_seconds", "gauge", help);
    let waiting = book.all().filter(|build| build.state == State::Init);
    let oldest =
        waiting.map(|build| build.submitted).min().map_or(0, |oldest| (now - oldest).max(0));
    writeln!(text, "modplan_queue_age_seconds {oldest}").expect(EXPECTED);
    head(&mut text, "modplan_requests_total", "counter", "Requests answered by this process.");
    for ((method, status), count) in &requests.0 {
        writeln!(text, "modplan_requests_total{{method=\"{method}\",status=\"{status}\"}} {count}")
            .expect(EXPECTED);
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").expect(EXPECTED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_type_and_methods_are_bounded() {
        let mut requests = Requests::default();
        requests.count("GET", 200);
        requests.count("GET", 200);
        requests.count("BREW", 405);
        requests.count("PROPFIND", 405);
        let text = metrics(&Book::default(), &requests, 0);
        assert!(text.contains("modplan_module_builds{state=\"ready\"} 0\n"), "{text}");
        assert!(
            text.contains("modplan_requests_total{method=\"GET\",status=\"200\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("modplan_requests_total{method=\"other\",status=\"405\"} 2\n"),
            "{text}"
        );
        let types = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
        assert_eq!(types, 4);
    }
}
