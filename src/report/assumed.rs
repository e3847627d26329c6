//! Every assumed value that a figure rests on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use crate::plan::model::Assumed;

/// Returns the section of a value, and its name there: `builders.x86`, `capacity`.
fn parts(one: &Assumed) -> (&str, &str) {
    one.key.rsplit_once('.').unwrap_or(("", &one.key))
}

/// Writes one `assumed: …` line for all values of one section that were taken for one reason, each
/// broken so that it keeps within `width` columns; nothing where everything was given.
#[must_use]
pub(super) fn lines(assumed: &[Assumed], width: usize) -> String {
    let mut sections: BTreeMap<usize, (String, Vec<String>)> = BTreeMap::new();
    for one in assumed {
        let (section, name) = parts(one);
        let same = |other: &Assumed| (parts(other).0, &other.because) == (section, &one.because);
        let first = assumed.iter().position(same).expect("it is among them");
        let title = match section {
            "" => format!("{}: ", one.because),
            _ => format!("{section} ({}): ", one.because),
        };
        let (_, values) = sections.entry(first).or_insert((title, Vec::new()));
        values.push(format!("{name} {}", one.value));
    }
    let mut text = String::new();
    for (title, values) in sections.into_values() {
        let line = format!("assumed: {title}{}", values.join(", "));
        text.push_str(&wrapped(&line, width, "         "));
    }
    text
}

/// Breaks a line at blanks so that it keeps within `width` columns, where its words allow it.
pub(super) fn wrapped(line: &str, width: usize, indent: &str) -> String {
    let words = line.trim_start_matches(' ');
    let mut text = String::new();
    let mut column = line.len() - words.len();
    let lead = &line[..column];
    for word in words.split(' ') {
        let letters = word.chars().count();
        if text.is_empty() {
            text.push_str(lead);
        } else if column + 1 + letters > width {
            write!(text, "\n{indent}").expect("a string takes all");
            column = indent.chars().count();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += letters;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_section_share_a_line_that_fits() {
        let assumed = [
            Assumed::new("hub.run_interval", "1m", "koji's default"),
            Assumed::new("builders", "10 for each needed arch", "no --farm"),
            Assumed::new("hub.builder_sleep", "15s", "koji's default"),
        ];
        let text = "assumed: hub (koji's default): run_interval 1m,\n         builder_sleep 15s\n\
                    assumed: no --farm: builders 10 for each needed arch\n";
        assert_eq!(lines(&assumed, 55), text);
        assert_eq!(lines(&[], 80), "");
        assert_eq!(wrapped("  a b c", 5, "    "), "  a b\n    c\n");
    }
}
