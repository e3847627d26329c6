//! Runs the program as its users do. Every test that starts it does so here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::proof::{self, Proofs};

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

/// A run that goes its way until it ends or gets a signal.
#[cfg(feature = "live")]
pub(crate) struct Running {
    child: std::process::Child,
    out: Option<std::thread::JoinHandle<String>>,
    lines: std::sync::mpsc::Receiver<String>,
    err: String,
}

#[cfg(feature = "live")]
impl Running {
    /// Starts the program in the root of the project.
    pub(crate) fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let program = assert_cmd::cargo::cargo_bin("modplan");
        Self::of(std::process::Command::new(program).args(arguments))
    }

    /// Starts it under a tracer, whose command line ends with `"$0" "$@"`.
    pub(crate) fn traced<A: AsRef<OsStr>>(
        tracer: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let program = assert_cmd::cargo::cargo_bin("modplan");
        let mut shell = std::process::Command::new("sh");
        Self::of(shell.args(["-c", &format!("exec {tracer}")]).arg(program).args(arguments))
    }

    fn of(command: &mut std::process::Command) -> Self {
        use std::io::{BufRead as _, BufReader, Read as _};
        let mut child = command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut out = child.stdout.take().expect("it is piped");
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let err = BufReader::new(child.stderr.take().expect("it is piped"));
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        Self { child, out: Some(out), lines, err: String::new() }
    }

    /// Returns the number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard error with a text in it.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        self.line_or_end(text).unwrap_or_else(|| panic!("no `{text}`: {}", self.err))
    }

    /// Waits for a line on standard error with a text in it; none where it ends without one.
    pub(crate) fn line_or_end(&mut self, text: &str) -> Option<String> {
        loop {
            let line = self.lines.recv().ok()?;
            self.heard(&line);
            if line.contains(text) {
                return Some(line);
            }
        }
    }

    fn heard(&mut self, line: &str) {
        self.err.push_str(line);
        self.err.push('\n');
    }

    /// Lets it go on for a time; returns whether it ended.
    pub(crate) fn ends_within(&mut self, time: std::time::Duration) -> bool {
        use std::sync::mpsc::RecvTimeoutError;
        loop {
            match self.lines.recv_timeout(time) {
                Ok(line) => self.heard(&line),
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }

    /// Sends it a signal, such as `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        let status = kill.args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Kills the one process that it has started: what is traced.
    pub(crate) fn kill_traced(&self) {
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        let children = std::fs::read_to_string(children).unwrap_or_default();
        for child in children.split_whitespace() {
            // It may end by itself just before.
            drop(std::process::Command::new("kill").args(["-KILL", child]).status());
        }
    }

    /// Waits for its end. The code of one that a signal ended is -1.
    pub(crate) fn said(mut self) -> Said {
        while let Ok(line) = self.lines.recv() {
            self.heard(&line);
        }
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        let out = self.out.take().expect("it is taken once").join().expect("no panic");
        Said { code, out, err: std::mem::take(&mut self.err) }
    }
}

#[cfg(feature = "live")]
impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A run to come, where more than its arguments matters.
pub(crate) struct Program {
    command: assert_cmd::Command,
    arguments: Vec<String>,
    directory: PathBuf,
}

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
        let arguments: Vec<OsString> = arguments.into_iter().map(|a| a.as_ref().into()).collect();
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        // The width of tables is a test's own matter.
        command.env_remove("COLUMNS");
        command.current_dir(&directory).args(&arguments).write_stdin("");
        let arguments = arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        Self { command, arguments, directory }
    }

    /// Runs it in another directory.
    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self.directory = directory.to_owned();
        self
    }

    /// Runs it with a width for tables.
    pub(crate) fn columns(mut self, width: u16) -> Self {
        self.command.env("COLUMNS", width.to_string());
        self
    }

    /// Gives it something on standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.command.write_stdin(input.into());
        self
    }

    /// Runs it, whatever becomes of it.
    pub(crate) fn output(mut self) -> std::process::Output {
        self.command.output().expect("it starts")
    }

    /// Runs it; it must end by itself and write text. The bound of a plan must be proven.
    pub(crate) fn run(self) -> Said {
        let proof = proof::of_command(&self.arguments);
        let directory = self.directory.clone();
        let output = self.output();
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let said = Said {
            code: output.status.code().expect("it ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        if let Some((arguments, trace)) = proof.filter(|_| said.code == 0) {
            prove(&directory, &arguments, &trace);
        }
        said
    }
}

/// Makes a plan again as JSON, and holds its bound against its certificate.
fn prove(directory: &Path, arguments: &[String], trace: &str) {
    let mut again = Program::new(arguments);
    again.command.current_dir(directory);
    let output = again.output();
    let plan = String::from_utf8(output.stdout).expect("UTF-8");
    // `--help` and standard input make no plan that could be made again.
    if !plan.starts_with('{') {
        return;
    }
    let trace = if trace.len() > 1 { directory.join(trace) } else { trace.into() };
    let mut proofs = Proofs::new();
    proofs.add(&plan, trace.to_str().expect("UTF-8"));
    proofs.verify();
}
