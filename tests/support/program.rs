//! Runs the program as its users do. Every test that starts it does so here.

use std::ffi::OsStr;
use std::path::Path;

/// What the program said, and how it ended.
pub(crate) struct Said {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Runs the program in the root of the project, with nothing on standard input.
pub(crate) fn modplan(arguments: &[&str]) -> Said {
    Program::new(arguments).run()
}

/// A run that goes on until it is dropped: a server.
#[cfg(feature = "live")]
pub(crate) struct Serving {
    child: std::process::Child,
    /// What it said first.
    pub(crate) lines: Vec<String>,
}

#[cfg(feature = "live")]
impl Serving {
    /// Starts the program in the root of the project, and waits for so many lines of it.
    pub(crate) fn start<A: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = A>,
        lines: usize,
    ) -> Self {
        use std::io::{BufRead as _, BufReader};
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("modplan"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = child.stdout.as_mut().expect("it is piped");
        let lines = BufReader::new(out).lines().take(lines).collect::<Result<_, _>>();
        Self { child, lines: lines.expect("it speaks") }
    }
}

#[cfg(feature = "live")]
impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended already is fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A run to come, where more than its arguments matters.
pub(crate) struct Program(assert_cmd::Command);

impl Program {
    /// The program in the root of the project, with nothing on standard input.
    pub(crate) fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::started_by(assert_cmd::Command::cargo_bin("modplan").expect("it is built"), arguments)
    }

    /// The program as a shell starts it after the lines of `script`: limits of the process, say.
    pub(crate) fn after<A: AsRef<OsStr>>(
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut shell = assert_cmd::Command::new("sh");
        shell.args(["-c", &format!("{script}\nexec \"$0\" \"$@\"")]);
        shell.arg(assert_cmd::cargo::cargo_bin("modplan"));
        Self::started_by(shell, arguments)
    }

    fn started_by<A: AsRef<OsStr>>(
        mut command: assert_cmd::Command,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        // The width of tables is a test's own matter.
        command.env_remove("COLUMNS");
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).write_stdin("");
        Self(command)
    }

    /// Runs it in another directory.
    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.0.current_dir(directory);
        self
    }

    /// Runs it with a width for tables.
    pub(crate) fn columns(mut self, width: u16) -> Self {
        self.0.env("COLUMNS", width.to_string());
        self
    }

    /// Gives it something on standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.0.write_stdin(input.into());
        self
    }

    /// Runs it, whatever becomes of it.
    pub(crate) fn output(mut self) -> std::process::Output {
        self.0.output().expect("it starts")
    }

    /// Runs it; it must end by itself and write text.
    pub(crate) fn run(self) -> Said {
        let output = self.output();
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said {
            code: output.status.code().expect("it ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
