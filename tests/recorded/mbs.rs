//! Answers recorded from the Module Build Service, against ours; each test prints its agreement.

pub(crate) mod checker;
mod expansion;
mod resolver;
mod reuse;
mod stored;
mod tables;

use serde::de::DeserializeOwned;

use crate::support::shared;

/// Reads a file of recorded cases, `None` if the shared tree is absent.
pub(crate) fn cases<T: DeserializeOwned>(file: &str) -> Option<T> {
    let path = shared(&format!("cases/mbs/{file}"))?;
    let text = std::fs::read_to_string(&path).expect("recorded cases can be read");
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// Counts agreements and records disagreements.
#[derive(Default)]
struct Tally {
    equal: usize,
    valid: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn equal(&mut self, agrees: bool, case: impl FnOnce() -> String) {
        if agrees {
            self.equal += 1;
        } else {
            self.wrong.push(case());
        }
    }

    fn valid(&mut self, agrees: bool, case: impl FnOnce() -> String) {
        if agrees {
            self.valid += 1;
        } else {
            self.wrong.push(case());
        }
    }

    /// Prints the agreement and fails unless it is complete.
    #[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
    fn finish(self, file: &str) {
        let agree = self.equal + self.valid;
        let all = agree + self.wrong.len();
        let by_validity = match self.valid {
            0 => String::new(),
            valid => format!(" ({valid} of them by validity)"),
        };
        println!("{file}: {agree} of {all} agree{by_validity}");
        assert!(all > 0, "{file} holds no case");
        assert!(self.wrong.is_empty(), "{file}:\n{}", self.wrong.join("\n"));
    }
}
