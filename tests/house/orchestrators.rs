//! What orchestrators may not know or do.

use std::fmt::Write;

use super::sources::{Source, sources};

/// What orchestrators do not know, because it belongs to a simulated world.
const OF_A_WORLD: &[&str] =
    &["draw", "duration", "durations", "sample", "samples", "builder", "builders", "slots"];

/// Returns the words of a line of code in lower case: of `BuilderIx` and `builder_ix` alike.
fn words(line: &str) -> Vec<String> {
    // Rust's word for what makes a catalog, not a machine that builds.
    let line = line.replace("CatalogBuilder", "");
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in line.chars() {
        if !letter.is_ascii_alphanumeric() || (was_lower && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if letter.is_ascii_alphanumeric() {
            words.last_mut().expect("never empty").push(letter.to_ascii_lowercase());
        }
    }
    words
}

fn is_of_a_world(line: &str) -> bool {
    words(line).iter().any(|word| OF_A_WORLD.contains(&word.as_str()))
}

#[test]
fn orchestrators_know_no_draw_no_duration_and_no_builder() {
    let mut wrong = String::new();
    for source in sources().iter().filter(|source| source.room() == "orchestrate") {
        for line in source.code.iter().filter(|line| is_of_a_world(line)) {
            writeln!(wrong, "src/{}.rs: {line}", source.path).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_word_of_a_world_is_seen_in_any_spelling() {
    for line in
        ["let at = draw(3);", "use std::time::Duration;", "fn of(ix: BuilderIx)", "MAX_SLOTS"]
    {
        assert!(is_of_a_world(line), "{line}");
    }
    for line in ["let catalog = CatalogBuilder::default();", "Settled::Withdrawn", "a.resample()"] {
        assert!(!is_of_a_world(line), "{line}");
    }
}

/// Returns what of a line only the table of calls may have: making a call, and a bound or a pause
/// between tries. Retries of builds (`limits.retries`) are new attempts, not repeated calls.
fn is_of_the_table(line: &str) -> bool {
    let line = line.trim_start();
    let defines = |what: &str| line.starts_with(what) || line.contains(&format!(") {what}"));
    line.contains("Command::Call")
        || line.contains("Command::Look")
        || line.starts_with("const ") && line.contains("TRIES_MAX")
        || defines("fn pause(")
        || line.contains("call::pause")
}

#[test]
fn calls_are_made_again_by_their_table_alone() {
    let mut wrong = String::new();
    let is_elsewhere = |source: &&Source| {
        source.room() == "orchestrate" && !source.path.starts_with("orchestrate/call/")
    };
    for source in sources().iter().filter(is_elsewhere) {
        for line in source.code.iter().filter(|line| is_of_the_table(line)) {
            writeln!(wrong, "src/{}.rs: only the table makes calls: {line}", source.path).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_second_retry_is_seen() {
    for line in [
        "        out.push(Command::Call { id, call });",
        "const MAIL_TRIES_MAX: u32 = 3;",
        "let at = now + crate::orchestrate::call::pause(tries);",
        "pub(super) fn pause(tries: u32) -> Millis {",
    ] {
        assert!(is_of_the_table(line), "{line}");
    }
    assert!(!is_of_the_table("    self.calls.make(Call::Fetch { build, module }, to.out);"));
}
