//! What describes an import: the JSON of `CGImport`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::koji::Value;
use crate::module_build::tagged::TaggedRpm;

/// What describes an import, `metadata_version` 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The version of the shape: 0.
    pub metadata_version: i64,
    /// Where the outputs were made.
    pub buildroots: Vec<Buildroot>,
    /// The build.
    pub build: BuildInfo,
    /// Its files.
    pub output: Vec<Output>,
}

/// Where outputs were made. Every one must be used by an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buildroot {
    /// Its number within the metadata.
    pub id: i64,
    /// The machine.
    pub host: Host,
    /// What made the import.
    pub content_generator: Generator,
    /// What the work was enclosed in.
    pub container: Container,
    /// The RPMs that were installed.
    pub components: Vec<Component>,
    /// Programs that were used.
    pub tools: Vec<Tool>,
}

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its arch.
    pub arch: String,
    /// Its operating system, in words.
    pub os: String,
}

/// A content generator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// Its name, to which the hub gives rights.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What work was enclosed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its arch.
    pub arch: String,
    /// Its kind; `none` for no container.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A program that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An RPM that a file speaks of. The hub finds it by name, version, release and arch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What it is: `rpm`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its release.
    pub release: String,
    /// Its arch.
    pub arch: String,
    /// Its epoch.
    pub epoch: Option<i64>,
    /// The MD5 of header and payload.
    pub sigmd5: String,
}

impl Component {
    pub(super) fn of(rpm: &TaggedRpm) -> Self {
        Self {
            kind: "rpm".to_owned(),
            name: rpm.name.clone(),
            version: rpm.version.clone(),
            release: rpm.release.clone(),
            arch: rpm.arch.to_string(),
            epoch: rpm.epoch,
            sigmd5: rpm.payload_hash.clone(),
        }
    }
}

/// The build. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// The module's name.
    pub name: String,
    /// Its stream, dashes replaced.
    pub version: String,
    /// Its version and context.
    pub release: String,
    /// A module has no epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// koji's number of a build that was reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<i64>,
    /// Where its sources are.
    pub source: Option<String>,
    /// When it was submitted.
    pub start_time: serde_json::Number,
    /// When its last component was done.
    pub end_time: serde_json::Number,
    /// The task that it is the result of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<i64>,
    /// Who submitted it; the importing user where koji does not know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What is known of it beyond that.
    pub extra: BuildExtra,
}

/// `extra` of the build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildExtra {
    /// Its types: one, `module`.
    pub typeinfo: BuildTypeInfo,
    /// What marks the build as ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modplan: Option<Value>,
}

/// The types of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildTypeInfo {
    /// What it is as a module.
    pub module: ModuleInfo,
}

/// What koji keeps of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleInfo {
    /// The number of the module build at its orchestrator, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module_build_service_id: Option<i64>,
    /// The tag of its components.
    pub content_koji_tag: String,
    /// Its document.
    pub modulemd_str: String,
    /// Its name.
    pub name: String,
    /// Its stream, as it is.
    pub stream: String,
    /// Its version, as text.
    pub version: String,
    /// Its context.
    pub context: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Where it was made.
    pub buildroot_id: i64,
    /// The arch that it is for.
    pub arch: String,
    /// `file` or `log`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its type, of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<OutputExtra>,
    /// Its name.
    pub filename: String,
    /// Its size in bytes.
    pub filesize: u64,
    /// What the checksum is: `md5` or `sha256`.
    pub checksum_type: String,
    /// The checksum in hexadecimal.
    pub checksum: String,
    /// The RPMs that it speaks of, of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<Component>>,
}

/// `extra` of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputExtra {
    /// Its type: a module's file, about which there is nothing more to say.
    pub typeinfo: BTreeMap<String, BTreeMap<String, Value>>,
}
