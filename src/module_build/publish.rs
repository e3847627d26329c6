//! The finished module at the hub: whether it is imported, and the calls that publish it.
//!
//! The import is one transaction, so its NVR is either not there or complete. One that is there is ours
//! if it was made from our tag; anything else is somebody else's and stays as it is. What is published is
//! tagged by a task that the hub's policies judge, never past them.

use super::hub_call::{HubCall, Permission};
use crate::koji::calls::{GetBuild, ListPackages, ListTags, PackageListAdd, TagBuild};
use crate::koji::shapes::{Build, Package, TagInfo};
use crate::koji::{BuildState, Ref, Value};

/// How the import of a module stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Missing,
    /// It is there, made from our tag.
    Imported {
        /// koji's number of the build.
        build_id: i64,
    },
    /// Its name is taken.
    Taken {
        /// What takes it, in words.
        by: String,
    },
}

/// Returns the question for the import of a module.
#[must_use]
pub fn look(nvr: &str) -> HubCall {
    HubCall::look(&GetBuild { build: nvr.into(), strict: None })
}

/// Tells how an import stands from the answer to [`look`].
#[must_use]
pub fn standing(answer: Option<&Build>, koji_tag: &str) -> Standing {
    let Some(build) = answer else { return Standing::Missing };
    let module = build.extra.as_ref().and_then(|extra| extra.get("typeinfo")?.get("module"));
    let tag = module.and_then(|module| module.get("content_koji_tag")).and_then(Value::as_str);
    let owner = &build.owner_name;
    let by = match (build.state, tag) {
        (BuildState::Complete, Some(tag)) if tag == koji_tag => {
            return Standing::Imported { build_id: build.build_id };
        }
        (BuildState::Complete, Some(tag)) => format!("a module of the tag {tag}, owned by {owner}"),
        (BuildState::Complete, None) => format!("a build without module data, owned by {owner}"),
        (BuildState::Building, _) => {
            format!("a reservation or a build that runs, owned by {owner}")
        }
        // koji gives the name of such a build to the next one.
        (BuildState::Deleted | BuildState::Failed | BuildState::Canceled, _) => {
            return Standing::Missing;
        }
    };
    Standing::Taken { by }
}

/// A module to publish.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The tag that users' repositories are made from.
    pub tag: &'a str,
    /// The module's name, to koji a package.
    pub package: &'a str,
    /// The imported build.
    pub nvr: &'a str,
    /// Who owns the package there, if it is new.
    pub owner: &'a str,
}

/// Returns the questions before a publication: whether the package is in the tag's list, and where the
/// build is tagged.
#[must_use]
pub fn looks(publication: Publication<'_>) -> [HubCall; 2] {
    let Publication { tag, package, nvr, .. } = publication;
    let listed = ListPackages {
        tag_id: Some(tag.into()),
        package_id: Some(package.into()),
        inherited: Some(true),
        ..ListPackages::default()
    };
    let tags = ListTags { build: Some(nvr.into()), ..ListTags::default() };
    [HubCall::look(&listed), HubCall::look(&tags)]
}

/// Returns the calls that publish a module, from the answers to [`looks`]: none where it is published.
///
/// Without the package in the tag's list the task that tags would fail.
#[must_use]
pub fn publish(
    publication: Publication<'_>,
    listed: &[Package],
    tagged: &[TagInfo],
) -> Vec<HubCall> {
    let Publication { tag, package, nvr, owner } = publication;
    if tagged.iter().any(|known| known.name == tag) {
        return Vec::new();
    }
    let mut calls = Vec::new();
    if !listed.iter().any(|known| known.package_name == package) {
        let (tag, package, owner) = (tag.into(), package.into(), Some(Ref::from(owner)));
        let add = PackageListAdd { tag, package, owner, ..PackageListAdd::default() };
        calls.push(HubCall::of(&add, Permission::PackageList));
    }
    let tag_build = TagBuild { tag: tag.into(), build: nvr.into(), force: None, from_tag: None };
    calls.push(HubCall::of(&tag_build, Permission::Tag));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::koji::calls::Map;

    const TAG: &str = "module-perl-5.30-1-c0";

    fn build(state: BuildState, tag: Option<&str>) -> Build {
        let one = |name: &str, value: Value| Map::from([(name.to_owned(), value)]);
        let module = |tag: &str| Value::Struct(one("content_koji_tag", tag.into()));
        let typeinfo = |tag| one("typeinfo", Value::Struct(one("module", module(tag))));
        let (extra, owner_name) = (tag.map(typeinfo), "kim".to_owned());
        Build { build_id: 7, state, extra, owner_name, ..Build::default() }
    }

    #[test]
    fn an_import_is_ours_by_the_tag_that_it_was_made_from() {
        let told = |state, tag| standing(Some(&build(state, tag)), TAG);
        assert_eq!(standing(None, TAG), Standing::Missing);
        assert_eq!(told(BuildState::Complete, Some(TAG)), Standing::Imported { build_id: 7 });
        assert_eq!(told(BuildState::Failed, Some(TAG)), Standing::Missing);
        let taken = |standing| match standing {
            Standing::Taken { by } => by,
            Standing::Missing | Standing::Imported { .. } => String::new(),
        };
        let other = taken(told(BuildState::Complete, Some("module-other")));
        assert_eq!(other, "a module of the tag module-other, owned by kim");
        assert_eq!(
            taken(told(BuildState::Complete, None)),
            "a build without module data, owned by kim"
        );
        assert!(taken(told(BuildState::Building, Some(TAG))).starts_with("a reservation"));
    }

    #[test]
    fn a_module_is_let_into_the_tag_before_it_is_tagged_and_only_once() {
        let publication = Publication {
            tag: "el8-candidate",
            package: "perl",
            nvr: "perl-5.30-1.c0",
            owner: "kim",
        };
        let methods = |listed: &[Package], tagged: &[TagInfo]| -> Vec<&'static str> {
            publish(publication, listed, tagged).iter().map(|call| call.method).collect()
        };
        let listed = [Package { package_name: "perl".to_owned(), ..Package::default() }];
        let tagged = [TagInfo { name: "el8-candidate".to_owned(), ..TagInfo::default() }];
        assert_eq!(methods(&[], &[]), ["packageListAdd", "tagBuild"]);
        assert_eq!(methods(&listed, &[]), ["tagBuild"]);
        assert_eq!(methods(&listed, &tagged), Vec::<&str>::new());
        let looks = looks(publication);
        assert!(looks.iter().chain([&look("perl-5.30-1.c0")]).all(|look| !look.is_write()));
    }
}
