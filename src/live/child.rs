//! Programs of this machine, started with bounds: on their time and on what they write.
//!
//! A program may start others. It leads a process group of its own, and whoever stops waiting for it ends the
//! whole group.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// What a program may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How long it may run.
    pub(super) time: Duration,
    /// So many bytes it may write to standard output, and the same to standard error.
    pub(super) bytes_max: usize,
}

/// What a program wrote, and how it ended.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why a program did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChildError {
    /// It cannot be started.
    #[error("cannot run it: {0}")]
    Start(io::Error),
    /// What it wrote cannot be read.
    #[error("cannot read what it wrote: {0}")]
    Read(io::Error),
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs_f64())]
    Slow(Duration),
    /// It wrote too much.
    #[error("it wrote more than {0} bytes")]
    Long(usize),
}

/// Runs a program to its end, without input. It is killed with all that it started where it goes beyond its
/// bounds, or where this is dropped.
pub(super) async fn run(mut command: Command, bounds: Bounds) -> Result<Finished, ChildError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.kill_on_drop(true).spawn().map_err(ChildError::Start)?;
    let group = Group(child.id());
    let finished = tokio::time::timeout(bounds.time, talk(&mut child, bounds.bytes_max)).await;
    let finished = finished.unwrap_or(Err(ChildError::Slow(bounds.time)))?;
    group.is_over();
    Ok(finished)
}

async fn talk(child: &mut Child, bytes_max: usize) -> Result<Finished, ChildError> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let stderr = tokio::spawn(read(err, bytes_max));
    let stdout = read(out, bytes_max).await?;
    let stderr = stderr.await.expect("reading does not panic")?;
    let status = child.wait().await.map_err(ChildError::Read)?;
    Ok(Finished { status, stdout, stderr })
}

async fn read(
    from: Option<impl AsyncRead + Unpin>,
    bytes_max: usize,
) -> Result<Vec<u8>, ChildError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let Some(from) = from else { return Ok(bytes) };
    from.take(most).read_to_end(&mut bytes).await.map_err(ChildError::Read)?;
    if bytes.len() > bytes_max { Err(ChildError::Long(bytes_max)) } else { Ok(bytes) }
}

/// The process group of a program that is not over.
struct Group(Option<u32>);

impl Group {
    /// The program came to its end: its number may be another one's soon.
    fn is_over(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.0 else { return };
        // The shell's own `kill` takes a group everywhere. The leader has not been waited for, so its number is
        // still its own.
        let mut kill = std::process::Command::new("/bin/sh");
        kill.args(["-c", "kill -s KILL -- \"-$0\"", &leader.to_string()]);
        kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Err(error) = kill.status() {
            tracing::warn!("the processes of group {leader} may be left: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_in(script: &str, bounds: Bounds) -> Result<Finished, ChildError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(run(command, bounds))
    }

    const WIDE: Bounds = Bounds { time: Duration::from_secs(300), bytes_max: 1000 };

    #[test]
    fn what_a_program_writes_and_how_it_ends_is_returned() {
        let finished = run_in("echo out; echo err >&2; exit 3", WIDE).expect("it ends");
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!((&finished.stdout[..], &finished.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
    }

    #[test]
    fn a_program_that_is_not_there_says_so() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let error = runtime.expect("a runtime").block_on(run(Command::new("/nowhere/x"), WIDE));
        assert!(matches!(error, Err(ChildError::Start(_))), "{error:?}");
    }

    #[test]
    fn one_that_writes_without_end_is_killed() {
        let error = run_in("while :; do echo 0123456789; done", WIDE).expect_err("too much");
        assert_eq!(error.to_string(), "it wrote more than 1000 bytes");
    }

    #[test]
    fn one_that_takes_too_long_is_killed_with_what_it_started() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", file.display());
        let mut time = Duration::from_millis(50);
        // A busy machine may need longer to start it.
        let pid = loop {
            let error = run_in(&script, Bounds { time, ..WIDE }).expect_err("it waits");
            assert!(matches!(error, ChildError::Slow(_)), "{error}");
            match std::fs::read_to_string(&file) {
                Ok(pid) => break pid,
                Err(_) => time *= 2,
            }
        };
        // Until somebody asks how it ended, it may be there still, but not alive.
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).ok()?;
            stat.split(") ").nth(1)?.chars().next()
        };
        let is_dead = || {
            std::thread::yield_now();
            matches!(state(), None | Some('Z' | 'X'))
        };
        assert!((0..100_000).any(|_| is_dead()), "{:?}", state());
    }
}
