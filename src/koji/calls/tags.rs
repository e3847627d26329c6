//! Tags, their inheritance, packages and groups, targets and external repositories.

use super::{Map, calls};
use crate::koji::Ref;
use crate::koji::shapes::{
    AncestorRow, Event, ExternalRepo, Group, InheritanceRow, Package, SideTag, TagConfig, TagInfo,
    TagRepo, Target,
};

calls! {
    /// Makes a tag; its number.
    CreateTag "createTag" (name: String; parent: Ref, arches: String, perm: Ref, locked: bool, maven_support: bool, maven_include_all: bool, extra: Map) -> i64,
    /// Changes a tag: `arches`, `extra`, `locked`, `name`, `perm`, `remove_extra`.
    EditTag2 "editTag2" (tag "tagInfo": Ref; ..settings) -> (),
    /// Deletes a tag.
    DeleteTag "deleteTag" (tag "tagInfo": Ref) -> (),
    /// One tag.
    GetTag "getTag" (tag "tagInfo": Ref; strict: bool, event: i64, blocked: bool) -> Option<TagInfo>,
    /// A tag with its inherited settings.
    GetBuildConfig "getBuildConfig" (tag: Ref; event: i64) -> TagConfig,
    /// Tags, all or those of a build or a package.
    ListTags "listTags" (; build: Ref, package: Ref, perms: bool, query_opts "queryOpts": Map, pattern: String) -> Vec<TagInfo>,
    /// The parents of a tag.
    GetInheritanceData "getInheritanceData" (tag: Ref; event: i64) -> Vec<InheritanceRow>,
    /// Sets the parents of a tag.
    SetInheritanceData "setInheritanceData" (tag: Ref, data: Vec<Map>; clear: bool) -> (),
    /// The ancestors of a tag, nearest first.
    GetFullInheritance "getFullInheritance" (tag: Ref; event: i64, reverse: bool; ..stops) -> Vec<AncestorRow>,
    /// The event of the last change of a tag or its ancestors.
    TagLastChangeEvent "tagLastChangeEvent" (tag: Ref; before: i64, inherit: bool) -> Option<i64>,
    /// The newest event.
    GetLastEvent "getLastEvent" (; before: f64, strict: bool) -> Option<Event>,
    /// One event.
    GetEvent "getEvent" (id: i64; strict: bool) -> Option<Event>,
    /// Lets a package into a tag.
    PackageListAdd "packageListAdd" (tag "taginfo": Ref, package "pkginfo": Ref; owner: Ref, block: bool, extra_arches: String, force: bool, update: bool) -> (),
    /// Keeps a package out of a tag.
    PackageListBlock "packageListBlock" (tag "taginfo": Ref, package "pkginfo": Ref; force: bool) -> (),
    /// Lets a blocked package into a tag again.
    PackageListUnblock "packageListUnblock" (tag "taginfo": Ref, package "pkginfo": Ref; force: bool) -> (),
    /// Removes a package from the list of a tag.
    PackageListRemove "packageListRemove" (tag "taginfo": Ref, package "pkginfo": Ref; force: bool) -> (),
    /// Packages, of a tag or all.
    ListPackages "listPackages" (; tag_id "tagID": Ref, user_id "userID": Ref, package_id "pkgID": Ref, prefix: String, inherited: bool, with_dups: bool, event: i64, query_opts "queryOpts": Map, with_owners: bool, with_blocked: bool) -> Vec<Package>,
    /// The number of a package.
    GetPackageId "getPackageID" (name: Ref; strict: bool) -> Option<i64>,
    /// The state of a package in a tag.
    GetPackageConfig "getPackageConfig" (tag: Ref, package "pkg": Ref; event: i64) -> Option<Package>,
    /// Adds a group to a tag.
    GroupListAdd "groupListAdd" (tag "taginfo": Ref, group "grpinfo": Ref; block: bool, force: bool; ..settings) -> (),
    /// Adds a package to a group of a tag.
    GroupPackageListAdd "groupPackageListAdd" (tag "taginfo": Ref, group "grpinfo": Ref, package "pkg_name": String; block: bool, force: bool; ..settings) -> (),
    /// The groups of a tag and its ancestors.
    GetTagGroups "getTagGroups" (tag: Ref; event: i64, inherit: bool, packages "incl_pkgs": bool, requires "incl_reqs": bool, blocked "incl_blocked": bool) -> Vec<Group>,
    /// Makes a target.
    CreateBuildTarget "createBuildTarget" (name: String, build_tag: Ref, dest_tag: Ref) -> (),
    /// Changes a target.
    EditBuildTarget "editBuildTarget" (target "buildTargetInfo": Ref, name: String, build_tag: Ref, dest_tag: Ref) -> (),
    /// Deletes a target.
    DeleteBuildTarget "deleteBuildTarget" (target "buildTargetInfo": Ref) -> (),
    /// One target.
    GetBuildTarget "getBuildTarget" (target "info": Ref; event: i64, strict: bool) -> Option<Target>,
    /// Targets, all or some.
    GetBuildTargets "getBuildTargets" (; info: Ref, event: i64, build_tag "buildTagID": Ref, dest_tag "destTagID": Ref, query_opts "queryOpts": Map) -> Vec<Target>,
    /// Makes an external repository known.
    CreateExternalRepo "createExternalRepo" (name: String, url: String) -> ExternalRepo,
    /// External repositories, all or some.
    ListExternalRepos "listExternalRepos" (; info: Ref, url: String, event: i64, query_opts "queryOpts": Map) -> Vec<ExternalRepo>,
    /// Adds an external repository to a tag.
    AddExternalRepoToTag "addExternalRepoToTag" (tag "tag_info": Ref, repo "repo_info": Ref, priority: i64; merge_mode: String, arches: String) -> (),
    /// Removes an external repository from a tag.
    RemoveExternalRepoFromTag "removeExternalRepoFromTag" (tag "tag_info": Ref, repo "repo_info": Ref) -> (),
    /// The external repositories of a tag.
    GetTagExternalRepos "getTagExternalRepos" (; tag "tag_info": Ref, repo "repo_info": Ref, event: i64) -> Vec<TagRepo>,
    /// The external repositories of a tag and its ancestors.
    GetExternalRepoList "getExternalRepoList" (tag "tag_info": Ref; event: i64) -> Vec<TagRepo>,
    /// Creates a side tag with a target of the same name.
    CreateSideTag "createSideTag" (base "basetag": Ref; debuginfo: bool, suffix: String) -> SideTag,
    /// Deletes a side tag.
    RemoveSideTag "removeSideTag" (side_tag "sidetag": Ref) -> (),
}
