//! A PostgreSQL of a test's own, on a socket in a temporary directory. It ends with the test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::left_out;

const NEEDS: &str = "no PostgreSQL (Debian's postgresql; run tests/run --setup)";

/// The server.
pub(crate) struct Postgres {
    programs: PathBuf,
    directory: tempfile::TempDir,
    server: Option<Child>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Postgres {
    /// Makes a cluster and starts it; without PostgreSQL the test is left out.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            left_out(NEEDS);
            return None;
        };
        let directory = tempfile::tempdir().expect("a directory");
        let mut postgres = Self { programs, directory, server: None };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(postgres.directory.path()));
        }
        postgres.make_cluster();
        postgres.restart();
        Some(postgres)
    }

    /// Makes the files of the server: a copy of those that the first test made.
    fn make_cluster(&self) {
        let release = self.programs.parent().and_then(Path::file_name).expect("it has a number");
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgresql").join(release);
        let data = self.path("data");
        if kept.exists() {
            return run(Command::new("cp").arg("-a").arg(kept).arg(data));
        }
        let mut make = self.command("initdb");
        make.args(["--auth=trust", "--username=modplan", "--no-sync", "--pgdata"]).arg(&data);
        run(&mut make);
        let draft = kept.with_extension(std::process::id().to_string());
        std::fs::create_dir_all(kept.parent().expect("it has one")).expect("it is made");
        run(Command::new("cp").arg("-a").arg(data).arg(&draft));
        if std::fs::rename(&draft, &kept).is_err() {
            // Another test was faster.
            std::fs::remove_dir_all(&draft).expect("it is there");
        }
    }

    /// Returns the address of its database.
    pub(crate) fn url(&self) -> String {
        let socket = self.directory.path().display();
        format!("postgres://modplan@localhost/postgres?host={socket}")
    }

    /// Starts it, and waits until it says that it is ready.
    pub(crate) fn restart(&mut self) {
        let (data, socket) = (self.path("data"), self.directory.path().to_owned());
        let mut server = self
            .command("postgres")
            .args(["-c", "listen_addresses=", "-k"])
            .arg(socket)
            .arg("-D")
            .arg(data)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut said = BufReader::new(server.stderr.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains("ready to accept connections") {
            line.clear();
            assert_ne!(said.read_line(&mut line).expect("it speaks"), 0, "PostgreSQL ended");
        }
        // It must not wait for a reader that is gone.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        self.server = Some(server);
    }

    /// Ends it as a loss of power does, but for the page cache.
    pub(crate) fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            run(Command::new("kill").args(["-QUIT", &server.id().to_string()]));
            server.wait().expect("it ends");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// PostgreSQL refuses to run as root: there it runs as Debian's user for it.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

fn run(command: &mut Command) {
    let status = command.status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
}

/// Returns the programs of the newest release that is installed.
fn programs() -> Option<PathBuf> {
    let releases = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let releases = releases.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let newest = releases.max_by_key(|path| number(path))?;
    Some(newest.join("bin")).filter(|programs| programs.join("initdb").exists())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0)
}
