//! Tags, packages, groups, targets and external repositories.

use super::shapes;
use crate::koji::calls::Map;

shapes! {
    /// A tag; arches are separated by spaces.
    TagInfo {
        id: i64,
        name: String,
        arches: Option<String>,
        locked: bool,
        maven_support: bool,
        maven_include_all: bool,
        perm: Option<String>,
        perm_id: Option<i64>;
        extra: Map,
    }
    /// A tag with its inherited settings, and the ancestor that each comes from.
    TagConfig {
        id: i64,
        name: String,
        arches: Option<String>,
        locked: bool,
        maven_support: bool,
        maven_include_all: bool,
        perm: Option<String>,
        perm_id: Option<i64>,
        extra: Map,
        config_inheritance: Map,
    }
    /// A parent of a tag.
    InheritanceRow {
        parent_id: i64,
        name: String,
        priority: i64,
        maxdepth: Option<i64>,
        intransitive: bool,
        noconfig: bool,
        pkg_filter: String,
        child_id: i64,
    }
    /// An ancestor of a tag; in reverse, a tag that inherits it, whose name it has.
    AncestorRow {
        parent_id: i64,
        name: String,
        priority: i64,
        maxdepth: Option<i64>,
        intransitive: bool,
        noconfig: bool,
        pkg_filter: String,
        nextdepth: Option<i64>,
        currdepth: i64,
        filter: Vec<String>;
        child_id: i64,
        tag_id: i64,
    }
    /// A moment in the history of all tags.
    Event {
        id: i64,
        ts: f64,
    }
    /// A package, and its state in a tag if one was named.
    Package {
        package_id: i64,
        package_name: String;
        tag_id: i64,
        tag_name: String,
        owner_id: i64,
        owner_name: String,
        extra_arches: Option<String>,
        blocked: bool,
    }
    /// A group of packages, such as `build`.
    Group {
        group_id: i64,
        name: String,
        tag_id: i64,
        display_name: String,
        description: Option<String>,
        biarchonly: bool,
        blocked: bool,
        exported: bool,
        is_default: Option<bool>,
        langonly: Option<String>,
        uservisible: bool,
        packagelist: Vec<GroupPackage>,
        grouplist: Vec<Map>,
    }
    /// A package of a group.
    GroupPackage {
        package: String,
        group_id: i64,
        tag_id: i64,
        r#type: String,
        basearchonly: Option<bool>,
        blocked: bool,
        requires: Option<String>,
    }
    /// A target: built in one tag, tagged into the other.
    Target {
        id: i64,
        name: String,
        build_tag: i64,
        build_tag_name: String,
        dest_tag: i64,
        dest_tag_name: String,
    }
    /// An external repository.
    ExternalRepo {
        id: i64,
        name: String,
        url: String,
    }
    /// An external repository of a tag.
    TagRepo {
        external_repo_id: i64,
        external_repo_name: String,
        url: String,
        tag_id: i64,
        tag_name: String,
        priority: i64,
        merge_mode: String,
        arches: Option<String>,
    }
    /// A side tag that was made.
    SideTag {
        name: String,
        id: i64,
        task_id: Option<i64>,
        request: Option<crate::koji::Value>,
    }
}

impl AncestorRow {
    /// Returns koji's number of the tag that inherits: koji calls it `child_id`, and in reverse `tag_id`.
    #[must_use]
    pub fn child(&self) -> Option<i64> {
        self.child_id.or(self.tag_id)
    }
}
