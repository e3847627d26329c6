//! The source RPM of a module's macros package, made by rpmbuild in a directory of its own when it is to be
//! built, and not before: a process that comes back needs none for what is built.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::at_hub::AtHub;
use super::stop::Stop;
use super::work::{MacrosSource, ModuleWork, SourceRpm};
use crate::live::child::{self, Bounds, ChildError};
use crate::module_build::macros::{
    MACRO_FILE, MacrosPackage, NotASpecText, RPMBUILD_DEFINES, SPEC_FILE,
};
use crate::orchestrate::Fault;

/// The program that makes it.
const RPMBUILD: &str = "rpmbuild";
/// It packs two small files.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(120), bytes_max: 1 << 20 };

/// Why there is no source RPM.
#[derive(Debug, thiserror::Error)]
enum MacrosError {
    #[error("cannot run rpmbuild, which makes the macros package of a module: {0}")]
    NoRpmbuild(io::Error),
    #[error("rpmbuild cannot make {package}: {error}")]
    Unfinished { package: String, error: ChildError },
    #[error("cannot make a macros package below {directory}: {error}")]
    File { directory: String, error: io::Error },
    #[error(transparent)]
    Text(#[from] NotASpecText),
    #[error("rpmbuild cannot make {package}: {text}")]
    Refused { package: String, text: String },
}

impl AtHub {
    /// Returns the source RPM of a module's macros package, with everything that is kept out.
    pub(in crate::live) async fn macros(&self, module: &ModuleWork) -> Result<SourceRpm, Stop> {
        let recipe = match &module.macros {
            Some(MacrosSource::Made(source)) => return Ok(source.clone()),
            Some(MacrosSource::ToMake(recipe)) => recipe,
            None => {
                let why = format!("{} has no macros package", module.nsvc);
                return Err(Stop::failed(Fault::Missing, why));
            }
        };
        let conflicts = self.conflicts(&recipe.kept_out).await?;
        if !recipe.kept_out.planned.is_empty() {
            let count = conflicts.len();
            tracing::info!("{}: {count} RPMs are kept out of its buildroot", module.nsvc);
        }
        let package = MacrosPackage {
            nsvc: &module.nsvc,
            dist: module.names.dist_tag.as_deref().unwrap_or_default(),
            author: module.stored.macros.as_deref(),
            conflicts: &conflicts,
            committed: recipe.committed,
        };
        let made = source_rpm(&package, &recipe.directory).await;
        made.map_err(|error| stop(module, &error))
    }
}

/// A disk that is full may have room again; a missing program stops the run. The rest never works.
fn stop(module: &ModuleWork, error: &MacrosError) -> Stop {
    let why = format!("{}: {error}", module.nsvc);
    match error {
        MacrosError::NoRpmbuild(_) => Stop::lacking(RPMBUILD, why),
        MacrosError::File { .. } => Stop::refused(why),
        MacrosError::Unfinished { .. } | MacrosError::Text(_) | MacrosError::Refused { .. } => {
            Stop::failed(Fault::Broken, why)
        }
    }
}

/// Has rpmbuild make the source RPM of a macros package in a directory. The same package gives the same bytes.
async fn source_rpm(
    package: &MacrosPackage<'_>,
    directory: &Path,
) -> Result<SourceRpm, MacrosError> {
    let file = |error| MacrosError::File { directory: directory.display().to_string(), error };
    let (spec, macro_file) = (package.spec()?, package.macro_file()?);
    fs::create_dir_all(directory).map_err(file)?;
    fs::write(directory.join(SPEC_FILE), spec).map_err(file)?;
    fs::write(directory.join(MACRO_FILE), macro_file).map_err(file)?;
    let name = package.source_rpm();
    let finished = child::run(command(directory), BOUNDS).await.map_err(|error| match error {
        ChildError::Start(error) => MacrosError::NoRpmbuild(error),
        error @ (ChildError::Read(_) | ChildError::Slow(_) | ChildError::Long(_)) => {
            MacrosError::Unfinished { package: name.clone(), error }
        }
    })?;
    if !finished.status.success() {
        let text = String::from_utf8_lossy(&finished.stderr).trim().to_owned();
        return Err(MacrosError::Refused { package: name, text });
    }
    let bytes = fs::read(directory.join(&name)).map_err(file)?;
    Ok(SourceRpm { name, bytes })
}

fn command(directory: &Path) -> Command {
    let places = ["_topdir", "_sourcedir", "_srcrpmdir", "_builddir"];
    let places = places.map(|place| format!("{place} {}", directory.display()));
    let defines = RPMBUILD_DEFINES.iter().map(|define| (*define).to_owned());
    let mut command = Command::new(RPMBUILD);
    command.arg("-bs");
    for define in places.into_iter().chain(defines) {
        command.args(["--define", &define]);
    }
    command.arg(directory.join(SPEC_FILE));
    command
}
