//! The questions that a release engineer puts to `plan` and `show`, each with the command and the right
//! answer.

mod basis;
mod findings;
mod hints;
mod left_out;
mod lines;
mod paths;
mod since;
mod together;

mod width;

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::support::program::{Program, Said};

/// One modulemd document in a line: `perl-DBI:1.641:3:c0 el8 perl:5.3,php:7`, the platform after the
/// identity (`-` for none), then what it builds on.
pub(super) fn document(line: &str) -> String {
    let mut words = line.split_whitespace();
    let identity = words.next().expect("an identity");
    let parts: Vec<&str> = identity.split(':').collect();
    let [name, stream, version, context] = parts[..] else { panic!("{identity}") };
    let platform = words.next().expect("a platform");
    let platform = if platform == "-" { String::new() } else { format!("[{platform}]") };
    let mut requires = String::new();
    if !platform.is_empty() {
        writeln!(requires, "      platform: {platform}").unwrap();
    }
    for required in words.flat_map(|list| list.split(',')) {
        let (name, stream) = required.split_once(':').expect("a name and a stream");
        let stream = if stream == "*" { String::new() } else { format!("\"{stream}\"") };
        writeln!(requires, "      {name}: [{stream}]").unwrap();
    }
    let dependencies = match requires.is_empty() {
        true => String::new(),
        false => format!("  dependencies:\n  - buildrequires:\n{requires}"),
    };
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  \
         version: {version}\n  context: {context}\n  arch: x86_64\n  summary: s\n  \
         description: d\n  license:\n    module: [MIT]\n{dependencies}  components:\n    rpms:\n      \
         {name}-rpm:\n        rationale: r\n        ref: main\n...\n"
    )
}

/// A directory with one snapshot of modules.
struct Case(tempfile::TempDir);

impl Case {
    fn new(lines: &str) -> Self {
        Self::with(lines, "")
    }

    /// The same with other documents behind.
    fn with(lines: &str, more: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let case = Self(directory);
        case.write("modules.yaml", lines, more);
        case
    }

    fn write(&self, name: &str, lines: &str, more: &str) {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        let text: String = lines.map(document).collect();
        fs::write(self.0.path().join(name), text + more).expect("written");
    }

    fn run(&self, arguments: &str) -> Said {
        Program::new(arguments.split_whitespace()).within(self.0.path()).run()
    }

    fn plan(&self, arguments: &str) -> Said {
        self.run(&format!("plan modules.yaml {arguments}"))
    }

    fn json(&self, arguments: &str) -> Value {
        let said = self.plan(&format!("{arguments} --format json"));
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    }
}

fn ids(plan: &Value) -> Vec<String> {
    let modules = plan["modules"].as_array().expect("modules").iter();
    let mut ids: Vec<String> =
        modules.map(|module| module["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

/// perl-DBI lost the zero of perl 5.30, and perl-DBD builds on perl-DBI.
const LOST_ZERO: &str = "
    perl:5.30:1:c0 el8
    perl-DBI:1.641:1:c0 el8 perl:5.3
    perl-DBD:3.7:1:c0 el8 perl-DBI:1.641
    perl-YAML:1.24:1:c0 el8 perl:5.30";

/// Two contexts of a source that need different things: 8.9 of app comes after both.
const SOURCES: &str = "
    lib:1:1:c0 el8
    base:1:1:c0 el8 lib:1
    app:1:1:aa el8 lib:1
    app:1:1:bb el8 base:1
    app:1:1:cc el8
    tool:1:1:c0 el8 app:1";

/// Two releases of one platform, and one of another.
const PLATFORMS: &str = "
    a:1:1:c0 el8.4.0
    b:1:1:c0 el8.4.0 a:1
    a:1:2:c1 el8.6.0
    b:1:2:c1 el8.6.0 a:1
    other:1:1:c0 el8.4.0
    loose:1:1:c0 -";

/// The end of life of a stream.
const OBSOLETES: &str = "\
---
document: modulemd-obsoletes
version: 1
data:
  modified: 2020-05-01T00:00Z
  module: old
  stream: \"1\"
  eol_date: 2021-05-01T00:00Z
  message: use another
  obsoleted_by: {module: a, stream: \"1\"}
...
";

/// A diamond: d is reached over b and over c.
const DIAMOND: &str = "
    a:1:1:c0 el8
    b:1:1:c0 el8 a:1
    c:1:1:c0 el8 a:1
    d:1:1:c0 el8 b:1,c:1";
