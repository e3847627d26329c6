//! A plan as a shell script: what to submit, wave after wave, and what koji must have before the next.
//!
//! Nothing of it is run here. Every name is quoted, because a document may hold anything; in comments, where quotes
//! do nothing, control characters are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::counted;
use crate::plan::Plan;
use crate::plan::model::PlanModule;

/// Shell functions of the script: the commit of a branch, and whether koji has a module build of this step.
/// Times are seconds since 1970: koji's client takes a date for one of the local zone.
const HEAD: &str = r#"set -eu
: "${MODULES:?set it to where the sources of modules are, such as https://src.example.org/modules}"
tip() {
  commit=$(git ls-remote "$MODULES/$1" "refs/heads/$2" | cut -f1)
  [ -n "$commit" ] || { echo "no branch $2 in $MODULES/$1" >&2; exit 1; }
  echo "$MODULES/$1?#$commit"
}
wait_for() {
  for job in $jobs; do wait "$job"; done
  jobs=
}
built() {
  koji list-builds --quiet --type=module --state=COMPLETE --after="$began" --package="$1" |
    grep -qF -e "$2" || { echo "koji has no complete build of $2* since this step began" >&2; exit 1; }
}
jobs=
"#;

/// Renders a plan as a script for `sh`.
#[must_use]
pub fn sh(plan: &Plan) -> String {
    let steps = steps(plan);
    let submissions = steps.values().map(Vec::len).sum();
    let waves: BTreeSet<u32> = steps.keys().map(|(wave, _)| *wave).collect();
    let mut text = String::from("#!/bin/sh\n");
    add(
        &mut text,
        format_args!(
            "# {} in {}, for {}.\n",
            counted(submissions, "submission"),
            counted(waves.len(), "wave"),
            comment(&plan.roots.join(", "))
        ),
    );
    for prerequisite in &plan.prerequisites {
        add(&mut text, format_args!("# Must exist before: {}\n", comment(prerequisite)));
    }
    for cycle in &plan.cycles {
        let members = comment(&cycle.members.join(", "));
        add(
            &mut text,
            format_args!(
                "# Wait for each other, so they go one by one, and what was built on an old build again: {members}\n"
            ),
        );
    }
    text.push_str(HEAD);
    for ((wave, step), submissions) in &steps {
        match step {
            0 => add(&mut text, format_args!("\n# wave {wave}\n")),
            _ => add(&mut text, format_args!("\n# wave {wave}, step {} of a cycle\n", step + 1)),
        }
        // Of each step anew: a cycle builds some sources twice.
        text.push_str("began=$(date +%s)\n");
        for Source { id, name, stream } in submissions {
            let (name, stream) = (quoted(name), quoted(stream));
            add(&mut text, format_args!("# {}\n", comment(id)));
            add(&mut text, format_args!("url=$(tip {name} {stream})\n"));
            add(
                &mut text,
                format_args!("fedpkg module-build --watch \"$url\" {stream} & jobs=\"$jobs $!\"\n"),
            );
        }
        text.push_str("wait_for\n");
        for Source { name, stream, .. } in submissions {
            // koji writes a stream as the version of a build, where a dash would end it.
            let begin = quoted(&format!("{name}-{}-", stream.replace('-', "_")));
            add(&mut text, format_args!("built {} {begin}\n", quoted(name)));
        }
    }
    text
}

/// One source to submit: what of it builds something.
#[derive(Clone, Copy)]
struct Source<'a> {
    id: &'a str,
    name: &'a str,
    stream: &'a str,
}

/// Returns the sources to submit, by wave and step; those with nothing to build are left out. The
/// members of a cycle go one by one in its order, and then once again what was built on an old build.
fn steps(plan: &Plan) -> BTreeMap<(u32, usize), Vec<Source<'_>>> {
    let by_id: BTreeMap<&str, &PlanModule> =
        plan.modules.iter().map(|module| (module.id.as_str(), module)).collect();
    let mut steps: BTreeMap<(u32, usize), Vec<Source<'_>>> = BTreeMap::new();
    for submission in &plan.submissions {
        let mut modules = submission.modules.iter().filter_map(|id| by_id.get(id.as_str()));
        let Some(module) = modules.find(|module| !module.pass_through) else { continue };
        let source = Source { id: &submission.id, name: &module.name, stream: &module.stream };
        let mut add = |step: usize| steps.entry((submission.wave, step)).or_default().push(source);
        let is_it = |id: &String| submission.modules.contains(id);
        match plan.cycles.iter().find(|cycle| cycle.members.iter().any(is_it)) {
            None => add(0),
            Some(cycle) => {
                let at = cycle.order.iter().position(is_it).unwrap_or_default();
                add(at);
                if cycle.cut.iter().any(|edge| is_it(&edge.to)) {
                    add(cycle.order.len() + at);
                }
            }
        }
    }
    steps
}

/// Quotes a text for the shell: nothing in it is special between single quotes but these themselves.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn comment(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::model::SubmissionRow;

    #[test]
    fn all_names_are_quoted() {
        assert_eq!(quoted("perl-DBI"), "'perl-DBI'");
        assert_eq!(quoted("a'; rm -rf $HOME #"), r"'a'\''; rm -rf $HOME #'");
        assert_eq!(comment("a\nrm b"), "arm b");
    }

    #[test]
    fn contexts_of_one_source_are_submitted_once_and_what_builds_nothing_never() {
        let module = |wave, name: &str, context: &str, pass_through| PlanModule {
            pass_through,
            ..crate::report::sample::plan_module(wave, name, context)
        };
        let submission = |wave, id: &str, modules: &[&str]| SubmissionRow {
            id: id.to_owned(),
            wave,
            modules: modules.iter().map(|&id| id.to_owned()).collect(),
            forced: 1,
            siblings: modules.len() - 1,
        };
        let plan = Plan {
            roots: vec!["perl:5.30".to_owned()],
            modules: vec![
                module(1, "perl", "a", false),
                module(2, "perl-DBI", "b", false),
                module(2, "perl-DBI", "c", false),
                module(2, "perl-base", "d", true),
            ],
            submissions: vec![
                submission(1, "perl:1-0", &["perl:1-0:a"]),
                submission(2, "perl-DBI:1-0", &["perl-DBI:1-0:b", "perl-DBI:1-0:c"]),
                submission(2, "perl-base:1-0", &["perl-base:1-0:d"]),
            ],
            ..Plan::default()
        };
        let script = sh(&plan);
        let lines: Vec<&str> = script.lines().filter(|line| line.contains("fedpkg")).collect();
        assert_eq!(lines.len(), 2, "{script}");
        assert!(script.contains("# 2 submissions in 2 waves, for perl:5.30.\n"), "{script}");
        assert!(script.contains("# perl-DBI:1-0\nurl=$(tip 'perl-DBI' '1-0')\n"), "{script}");
        assert!(script.contains("built 'perl-DBI' 'perl-DBI-1_0-'\n"), "{script}");
    }

    #[test]
    fn a_cycle_goes_one_by_one_and_what_was_cut_again() {
        let edge = |from: &str, to: &str| crate::plan::model::Edge {
            from: format!("{from}:1-0:a"),
            to: format!("{to}:1-0:a"),
        };
        let names = ["ant", "java", "maven", "other"];
        let plan = Plan {
            modules: names
                .iter()
                .map(|name| crate::report::sample::plan_module(1, name, "a"))
                .collect(),
            submissions: names
                .iter()
                .map(|name| SubmissionRow {
                    id: format!("{name}:1-0"),
                    wave: 1,
                    modules: vec![format!("{name}:1-0:a")],
                    forced: 1,
                    siblings: 0,
                })
                .collect(),
            cycles: vec![crate::plan::model::PlanCycle {
                members: ["ant", "java", "maven"].map(|name| format!("{name}:1-0:a")).to_vec(),
                cut: vec![edge("maven", "ant")],
                order: ["ant", "java", "maven"].map(|name| format!("{name}:1-0:a")).to_vec(),
                ..Default::default()
            }],
            ..Plan::default()
        };
        let script = sh(&plan);
        let submitted: Vec<&str> = script
            .lines()
            .filter_map(|line| line.strip_prefix("url=$(tip '")?.split('\'').next())
            .collect();
        assert_eq!(submitted, ["ant", "other", "java", "maven", "ant"], "{script}");
        assert_eq!(script.matches("\nwait_for\n").count(), 4, "{script}");
        // The second build of ant is asked for among those since the second submission.
        let (_, again) = script.rsplit_once("began=$(date +%s)\n").unwrap();
        assert!(again.ends_with("wait_for\nbuilt 'ant' 'ant-1_0-'\n"), "{script}");
    }
}
