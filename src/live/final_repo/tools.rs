//! createrepo_c and its modifyrepo_c.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::error::FinalRepoError;
use crate::live::child::{self, Bounds, ChildError};
use crate::module_build::final_repo::RepoLabel;

/// An index of thousands of RPMs takes minutes.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(3600), bytes_max: 1 << 20 };

/// Indexes the RPMs of a directory. Metadata is compressed as every client reads it; a broken RPM is an error.
pub(super) async fn createrepo(directory: &Path, label: &RepoLabel) -> Result<(), FinalRepoError> {
    let plain = ["--quiet", "--no-database", "--general-compress-type=gz", "--error-exit-val"];
    let mut arguments: Vec<String> = plain.map(str::to_owned).into();
    arguments.extend(label.content().iter().map(|content| format!("--content={content}")));
    arguments.push(format!("--repo={}", label.module));
    let arguments = arguments.iter().map(OsStr::new);
    run("createrepo_c", arguments.chain([directory.as_os_str()])).await
}

/// Adds modulemd to the index of a directory.
pub(super) async fn add_modulemd(directory: &Path, document: &Path) -> Result<(), FinalRepoError> {
    let repodata = directory.join("repodata");
    let arguments = ["--mdtype=modules", "--compress-type=gz"].map(OsStr::new);
    let paths = [document.as_os_str(), repodata.as_os_str()];
    run("modifyrepo_c", arguments.into_iter().chain(paths)).await
}

async fn run<'a>(
    program: &'static str,
    arguments: impl Iterator<Item = &'a OsStr>,
) -> Result<(), FinalRepoError> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C");
    let finished = child::run(command, BOUNDS).await.map_err(|error| match error {
        ChildError::Start(error) => FinalRepoError::NoTool { program, error },
        error @ (ChildError::Read(_) | ChildError::Slow(_) | ChildError::Long(_)) => {
            FinalRepoError::Tool { program, text: error.to_string() }
        }
    })?;
    if finished.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&finished.stderr).trim().to_owned();
    Err(FinalRepoError::Tool { program, text })
}
