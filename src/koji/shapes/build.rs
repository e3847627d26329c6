//! Builds and their contents.

use super::shapes;
use crate::koji::calls::Map;
use crate::koji::{BuildState, Value};

shapes! {
    /// A build.
    Build {
        build_id: i64,
        name: String,
        version: String,
        release: String,
        epoch: Option<i64>,
        nvr: String,
        state: BuildState,
        package_id: i64,
        package_name: String,
        owner_id: i64,
        owner_name: String,
        task_id: Option<i64>,
        source: Option<String>,
        extra: Option<Map>,
        creation_event_id: i64,
        creation_time: String,
        creation_ts: f64,
        start_time: Option<String>,
        start_ts: Option<f64>,
        completion_time: Option<String>,
        completion_ts: Option<f64>,
        volume_id: i64,
        volume_name: String,
        draft: bool,
        promoter_id: Option<i64>,
        promoter_name: Option<String>,
        promotion_time: Option<String>,
        promotion_ts: Option<f64>;
        id: i64,
        cg_id: Option<i64>,
        cg_name: Option<String>,
    }
    /// A build in a tag.
    TaggedBuild {
        build_id: i64,
        id: i64,
        name: String,
        version: String,
        release: String,
        epoch: Option<i64>,
        nvr: String,
        state: BuildState,
        package_id: i64,
        package_name: String,
        owner_id: i64,
        owner_name: String,
        task_id: Option<i64>,
        tag_id: i64,
        tag_name: String,
        create_event: i64,
        creation_event_id: i64,
        creation_time: String,
        start_time: Option<String>,
        completion_time: Option<String>,
        volume_id: i64,
        volume_name: String,
        draft: bool,
        promoter_id: Option<i64>,
        promoter_name: Option<String>,
        promotion_time: Option<String>;
        extra: Option<Map>,
    }
    /// A package, source or binary.
    Rpm {
        id: i64,
        name: String,
        version: String,
        release: String,
        epoch: Option<i64>,
        arch: String,
        build_id: Option<i64>,
        buildroot_id: Option<i64>,
        buildtime: Option<i64>,
        size: Option<i64>,
        payloadhash: String,
        metadata_only: Option<bool>,
        draft: Option<bool>,
        extra: Option<Map>;
        nvr: String,
        external_repo_id: i64,
        external_repo_name: String,
    }
    /// A log of a build.
    BuildLog {
        name: String,
        dir: String,
        path: String,
    }
    /// A file of a build that is not a package.
    Archive {
        id: i64,
        build_id: i64,
        buildroot_id: Option<i64>,
        btype: String,
        btype_id: i64,
        filename: String,
        size: i64,
        checksum: String,
        checksum_type: i64,
        compression_type: Option<String>,
        extra: Option<Map>,
        metadata_only: bool,
        type_id: i64,
        type_name: String,
        type_description: String,
        type_extensions: String,
    }
    /// A type of builds, such as `rpm` or `module`.
    BuildType {
        id: i64,
        name: String,
    }
    /// The name of a reserved build. The token is a secret.
    Reservation {
        build_id: i64,
        token: super::Secret,
    }
    /// A file that was uploaded.
    Uploaded {
        size: Value,
        mtime: f64;
        sumtype: String,
        hexdigest: String,
    }
    /// The answer to an upload.
    Upload {
        size: Value,
        fileverify: String,
        offset: i64;
        hexdigest: String,
    }
}

/// The packages in a tag, and their builds.
pub type TaggedRpms = (Vec<Rpm>, Vec<TaggedBuild>);
