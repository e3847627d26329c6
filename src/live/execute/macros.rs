//! The source RPM of a module's macros package, made by rpmbuild in a directory of its own.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::work::SourceRpm;
use crate::module_build::macros::{
    MACRO_FILE, MacrosPackage, NotASpecText, RPMBUILD_DEFINES, SPEC_FILE,
};

/// Why there is no source RPM.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MacrosError {
    /// rpmbuild cannot be started.
    #[error("cannot run rpmbuild, which makes the macros package of a module: {0}")]
    NoRpmbuild(io::Error),
    /// A file cannot be written or read.
    #[error("cannot make a macros package below {directory}: {error}")]
    File {
        /// The directory.
        directory: String,
        /// What the system says.
        error: io::Error,
    },
    /// The identity of the module cannot stand in a spec file.
    #[error(transparent)]
    Text(#[from] NotASpecText),
    /// rpmbuild says no.
    #[error("rpmbuild cannot make {package}: {text}")]
    Refused {
        /// The source RPM.
        package: String,
        /// What it says.
        text: String,
    },
}

/// Has rpmbuild make the source RPM of a macros package in an empty directory. The same package gives the
/// same bytes.
///
/// # Errors
/// rpmbuild is missing or refuses, a file cannot be written, or the identity cannot stand in a spec file.
pub(super) fn source_rpm(
    package: &MacrosPackage<'_>,
    directory: &Path,
) -> Result<SourceRpm, MacrosError> {
    let file = |error| MacrosError::File { directory: directory.display().to_string(), error };
    let (spec, macro_file) = (package.spec()?, package.macro_file()?);
    fs::create_dir_all(directory).map_err(file)?;
    fs::write(directory.join(SPEC_FILE), spec).map_err(file)?;
    fs::write(directory.join(MACRO_FILE), macro_file).map_err(file)?;
    let places = ["_topdir", "_sourcedir", "_srcrpmdir", "_builddir"];
    let places = places.map(|place| format!("{place} {}", directory.display()));
    let defines = RPMBUILD_DEFINES.iter().map(|define| (*define).to_owned());
    let mut command = Command::new("rpmbuild");
    command.arg("-bs");
    for define in places.into_iter().chain(defines) {
        command.args(["--define", &define]);
    }
    let output = command.arg(directory.join(SPEC_FILE)).output();
    let output = output.map_err(MacrosError::NoRpmbuild)?;
    let name = package.source_rpm();
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(MacrosError::Refused { package: name, text });
    }
    let bytes = fs::read(directory.join(&name)).map_err(file)?;
    Ok(SourceRpm { name, bytes })
}
