//! Which programs of this machine can be run.

use std::time::Duration;

use tokio::process::Command;

use super::child::{Bounds, ChildError, run};
use crate::koji_plan::Found;

/// A program says its version at once.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), bytes_max: 64 * 1024 };

/// Runs a program for its version; returns the first line of that, or why it cannot be run.
pub(super) async fn version(program: &str) -> Found {
    let mut command = Command::new(program);
    command.arg("--version").env("LC_ALL", "C");
    let finished = run(command, BOUNDS).await.map_err(|error| match error {
        ChildError::Start(error) => format!("it cannot be started: {error}"),
        error @ (ChildError::Read(_) | ChildError::Slow(_) | ChildError::Long(_)) => {
            format!("asked for its version, {error}")
        }
    })?;
    if !finished.status.success() {
        return Err(format!("asked for its version, it ended with {}", finished.status));
    }
    let text = String::from_utf8_lossy(&finished.stdout).into_owned();
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
