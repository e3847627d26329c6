//! Builds, their contents, their tags, and imports.

use super::{Map, calls};
use crate::koji::shapes::{
    Archive, Build, BuildLog, BuildType, Reservation, Rpm, Secret, TaggedBuild, TaggedRpms,
    Uploaded,
};
use crate::koji::{Ref, Value};

calls! {
    /// One build.
    GetBuild "getBuild" (build "buildInfo": Value; strict: bool) -> Option<Build>,
    /// Builds, all or some.
    ListBuilds "listBuilds" (; package_id "packageID": Ref, user_id "userID": Ref, task_id "taskID": i64, prefix: String, state: Value, volume_id "volumeID": Ref, source: String, created_before "createdBefore": Value, created_after "createdAfter": Value, complete_before "completeBefore": Value, complete_after "completeAfter": Value, build_type "type": String, type_info "typeInfo": Map, query_opts "queryOpts": Map, pattern: String, cg_id "cgID": Ref, draft: bool, promoted_before "promotedBefore": Value, promoted_after "promotedAfter": Value, promoter: Ref) -> Vec<Build>,
    /// Builds in a tag.
    ListTagged "listTagged" (tag: Ref; event: i64, inherit: bool, prefix: String, latest: Value, package: String, owner: Ref, build_type "type": String, strict: bool, extra: bool, draft: bool) -> Vec<TaggedBuild>,
    /// Packages and builds in a tag.
    ListTaggedRpms "listTaggedRPMS" (tag: Ref; event: i64, inherit: bool, latest: Value, package: String, arch: Value, rpmsigs: bool, owner: Ref, build_type "type": String, strict: bool, extra: bool, draft: bool) -> TaggedRpms,
    /// What stands in the header of a package, by the names of its fields.
    GetRpmHeaders "getRPMHeaders" (; rpm_id "rpmID": i64, task_id "taskID": i64, filepath: String, headers: Vec<String>, strict: bool) -> Map,
    /// The newest build of each package in a tag and its ancestors.
    GetLatestBuilds "getLatestBuilds" (tag: Ref; event: i64, package: String, build_type "type": String, draft: bool) -> Vec<TaggedBuild>,
    /// Has a build tagged; the task.
    TagBuild "tagBuild" (tag: Ref, build: Ref; force: bool, from_tag "fromtag": Ref) -> i64,
    /// Tags a build at once.
    TagBuildBypass "tagBuildBypass" (tag: Ref, build: Ref; force: bool, notify: bool) -> (),
    /// Removes a build from a tag.
    UntagBuild "untagBuild" (tag: Ref, build: Ref; strict: bool, force: bool) -> (),
    /// Cancels a build and its task.
    CancelBuild "cancelBuild" (build_id "buildID": Ref; strict: bool) -> bool,
    /// The logs of a build.
    GetBuildLogs "getBuildLogs" (build: Ref) -> Vec<BuildLog>,
    /// The packages of a build.
    ListBuildRpms "listBuildRPMs" (build: Ref) -> Vec<Rpm>,
    /// Packages, of a build or a buildroot.
    ListRpms "listRPMs" (; build_id "buildID": Ref, buildroot_id "buildrootID": i64, image_id "imageID": i64, component_buildroot_id "componentBuildrootID": i64, host_id "hostID": i64, arches: Value, query_opts "queryOpts": Map, draft: bool) -> Vec<Rpm>,
    /// The signatures of a package.
    QueryRpmSigs "queryRPMSigs" (; rpm_id: Value, sigkey: String, query_opts "queryOpts": Map) -> Vec<Map>,
    /// Files of builds other than packages.
    ListArchives "listArchives" (; build_id "buildID": i64, buildroot_id "buildrootID": i64, component_buildroot_id "componentBuildrootID": i64, host_id "hostID": i64, archive_type "type": String, filename: String, size: i64, checksum: String, checksum_type: Value, type_info "typeInfo": Map, query_opts "queryOpts": Map, image_id "imageID": i64, archive_id "archiveID": i64, strict: bool) -> Vec<Archive>,
    /// The data of a Maven build; nil for others.
    GetMavenBuild "getMavenBuild" (build "buildInfo": Value; strict: bool) -> Option<Map>,
    /// The data of a Windows build; nil for others.
    GetWinBuild "getWinBuild" (build "buildInfo": Value; strict: bool) -> Option<Map>,
    /// The data of a build for each of its types.
    GetBuildType "getBuildType" (build "buildInfo": Value; strict: bool) -> std::collections::BTreeMap<String, Value>,
    /// Mean seconds from creation to completion of a package's builds.
    GetAverageBuildDuration "getAverageBuildDuration" (package: Ref; age: i64) -> Option<f64>,
    /// The history of tagging.
    QueryHistory "queryHistory" (; tables: Vec<String>; ..filters) -> std::collections::BTreeMap<String, Vec<Map>>,
    /// The types of builds.
    ListBTypes "listBTypes" (; query: Map, query_opts "queryOpts": Map) -> Vec<BuildType>,
    /// Adds a type of builds.
    AddBType "addBType" (name: String) -> (),
    /// Content generators and their users.
    ListCgs "listCGs" () -> std::collections::BTreeMap<String, Map>,
    /// Reserves the name of a build.
    CgInitBuild "CGInitBuild" (cg: Ref, data: Map) -> Reservation,
    /// Gives a reservation up.
    CgRefundBuild "CGRefundBuild" (cg: Ref, build_id: i64, token: Secret; state: i64) -> (),
    /// Imports a build; `metadata` as a struct or as JSON text.
    CgImport "CGImport" (metadata: Value, directory: String; token: Secret) -> Build,
    /// Returns the state of an uploaded file.
    CheckUpload "checkUpload" (path: String, name: String; verify: String, tail: i64, volume: String) -> Option<Uploaded>,
}
