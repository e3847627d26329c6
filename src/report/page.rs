//! `report.html`: one page that needs nothing from outside, verdict first, then why, then figures, then
//! what was assumed and how to make it again. It works without scripts, on paper, by keyboard and
//! read aloud; every chart has its numbers in a table.

mod capacity;
mod charts;
mod compare;
mod html;
mod probes;

use html::{Figure, Page, Rows};

use super::assumed::Assumed;
use super::compare::Comparison;
use super::durations::Durations;
use super::probe::{Probe, ProbeKind};
use compare::{figures, verdict, why};
use probes::probe_rows;

pub use capacity::{capacity, pictures as pictures_of_capacity};

/// A picture in a file of its own, drawn when it is written.
pub type Picture<'a> = (String, Box<dyn FnOnce() -> String + 'a>);

/// Returns the pictures of a comparison by the names of their files.
#[must_use]
pub fn pictures(comparison: &Comparison) -> Vec<Picture<'_>> {
    let mut pictures: Vec<Picture<'_>> = vec![
        ("makespans.svg".to_owned(), Box::new(|| super::svg::makespans(comparison))),
        (
            "done-within.svg".to_owned(),
            Box::new(|| charts::done(comparison, &comparison.summary())),
        ),
        (
            "ready-within.svg".to_owned(),
            Box::new(|| charts::ready(comparison, &comparison.summary())),
        ),
    ];
    if !comparison.pilots.is_empty() {
        pictures.push(("parts.svg".to_owned(), Box::new(|| charts::parts(&comparison.pilots))));
    }
    for pilot in &comparison.pilots {
        pictures.push((pilot.file("gantt"), Box::new(|| charts::gantt(pilot))));
        pictures.push((pilot.file("load"), Box::new(|| charts::load(pilot))));
    }
    if comparison.probes.iter().any(|probe| probe.kind == ProbeKind::Assumed) {
        let draw = || charts::tornado(&comparison.probes.iter().collect::<Vec<_>>(), None);
        pictures.push(("sensitivity.svg".to_owned(), Box::new(draw)));
    }
    pictures
}

/// Writes the page of a comparison.
#[must_use]
pub fn compare(comparison: &Comparison) -> String {
    let summary = comparison.summary();
    let mut page = Page::new("Two ways to rebuild modules, compared");
    page.section("verdict", "Verdict");
    verdict(&mut page, &summary);
    page.section("why", "Why");
    why(&mut page, comparison);
    page.section("figures", "Figures");
    figures(&mut page, comparison, &summary);
    page.section("assumed", "What was assumed");
    let probes: Vec<&Probe> = comparison.probes.iter().collect();
    assumed(&mut page, &comparison.assumed, &comparison.durations, &probes, None);
    page.section("again", "How to reproduce it");
    again(&mut page, &comparison.command, summary.replications);
    page.finish()
}

/// Writes every assumed value, and what each decides: with a confidence, of a sweep over farms.
fn assumed(
    page: &mut Page,
    assumed: &[Assumed],
    durations: &Durations,
    probes: &[&Probe],
    confidence: Option<f64>,
) {
    if assumed.is_empty() {
        page.paragraph("Nothing: every value was given.");
    } else {
        let mut rows = Rows::words(&["Value", "Taken", "Because"]);
        for one in assumed {
            rows.push([one.key.clone(), one.value.clone(), one.because.clone()]);
        }
        page.paragraph(
            "Assumed values: no file gives them, and they are not calibrated to any farm.",
        );
        page.table("Assumed values", &rows);
    }
    let swings: Vec<&Probe> =
        probes.iter().copied().filter(|probe| probe.kind == ProbeKind::Assumed).collect();
    if let Some(first) = swings.first() {
        let turned = swings.iter().filter(|probe| probe.changes_answer(confidence)).count();
        let answer = match confidence {
            Some(_) => "make this farm miss the deadline too often, or meet it where it did not",
            None => "make another variant the earlier one, or leave that undecided",
        };
        let over = first.over();
        page.figure(&Figure {
            title: "What the assumed values decide",
            caption: &format!(
                "Each assumed value, varied one at a time: numbers halved and doubled, others as \
                 the table says. Bars are the mean change of the makespan in minutes for the variant \
                 that changes most; what changes how many are done comes first. {turned} of {} changes \
                 {answer}; these are marked by a diamond and bold. {over}",
                swings.len()
            ),
            svg: charts::tornado(&swings, confidence),
            rows: probe_rows(&swings, confidence),
        });
    }
    let lines: Vec<String> = durations.to_lines().lines().map(str::to_owned).collect();
    page.list(&lines);
}

fn again(page: &mut Page, command: &str, replications: usize) {
    page.code(command);
    page.paragraph(&format!(
        "modplan {}; {replications} replications, each with its own luck, the same for every variant. The \
         same command gives the same bytes on any machine.",
        env!("CARGO_PKG_VERSION")
    ));
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn whole() -> Comparison {
        Comparison { pilots: vec![sample::pilot()], ..sample::comparison() }
    }

    #[test]
    fn the_verdict_comes_first_and_every_chart_has_its_table() {
        let page = compare(&whole());
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(place("id=\"verdict\"") < place("id=\"why\""));
        assert!(place("id=\"figures\"") < place("id=\"assumed\""));
        assert!(place("id=\"assumed\"") < place("id=\"again\""));
        let count = |text: &str| page.matches(text).count();
        assert_eq!(count("<svg role=\"img\""), count("<figcaption>"));
        assert_eq!(count("<details>"), count("<figcaption>"));
        assert_eq!(count("<svg"), 6);
        assert!(page.contains("modplan compare modules.yaml --changed perl:5.30"));
    }

    #[test]
    fn the_parts_of_the_table_sum_to_the_makespan() {
        let page = compare(&whole());
        // 600 + 300 + 50 s of two runs on average.
        for cell in ["<td>10m 00s</td>", "<td>5m 00s</td>", "<td>50.0s</td>", "<td>15m 50s</td>"] {
            assert!(page.contains(cell), "{cell}");
        }
    }

    #[test]
    fn the_page_is_whole_by_itself() {
        let page = compare(&whole());
        let outside = |at: &str| page.contains(&format!("{at}=\"http")) || page.contains("<script");
        assert!(!outside("src") && !outside("href"));
    }
}
