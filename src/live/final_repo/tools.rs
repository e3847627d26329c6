//! createrepo_c and its modifyrepo_c.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::error::FinalRepoError;
use crate::module_build::final_repo::RepoLabel;

/// Indexes the RPMs of a directory. Metadata is compressed as every client reads it; a broken RPM is an error.
pub(super) fn createrepo(directory: &Path, label: &RepoLabel) -> Result<(), FinalRepoError> {
    let plain = ["--quiet", "--no-database", "--general-compress-type=gz", "--error-exit-val"];
    let mut arguments: Vec<String> = plain.map(str::to_owned).into();
    arguments.extend(label.content().iter().map(|content| format!("--content={content}")));
    arguments.push(format!("--repo={}", label.module));
    let arguments = arguments.iter().map(OsStr::new);
    run("createrepo_c", arguments.chain([directory.as_os_str()]))
}

/// Adds modulemd to the index of a directory.
pub(super) fn add_modulemd(directory: &Path, document: &Path) -> Result<(), FinalRepoError> {
    let repodata = directory.join("repodata");
    let arguments = ["--mdtype=modules", "--compress-type=gz"].map(OsStr::new);
    run("modifyrepo_c", arguments.into_iter().chain([document.as_os_str(), repodata.as_os_str()]))
}

fn run<'a>(
    program: &'static str,
    arguments: impl Iterator<Item = &'a OsStr>,
) -> Result<(), FinalRepoError> {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output();
    let output = output.map_err(|error| FinalRepoError::NoTool { program, error })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(FinalRepoError::Tool { program, text })
}
