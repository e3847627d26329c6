//! The columns of module builds and components, by which lists are filtered and ordered.

use std::cmp::Ordering;

use crate::serve::{ComponentBuild, ModuleBuild, moment_text};

/// The value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    /// None is written.
    Null,
    /// A number, compared as one.
    Number(f64),
    /// A whole number, compared as one.
    Whole(u64),
    /// Text.
    Text(String),
}

impl Column {
    fn text(text: Option<&String>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.clone()))
    }

    /// Returns whether a filter of this text lets the value pass.
    pub(super) fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Null => false,
            Self::Number(number) => wanted
                .parse::<f64>()
                .is_ok_and(|wanted| wanted.partial_cmp(number) == Some(Ordering::Equal)),
            Self::Whole(number) => wanted.parse::<u64>() == Ok(*number),
            Self::Text(text) => text == wanted,
        }
    }

    /// Compares two values of one column; what is not written comes first.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Whole(one), Self::Whole(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        u8::from(*self != Self::Null)
    }
}

/// Returns a column of a module build; `None`: there is no such column.
pub(super) fn module(build: &ModuleBuild, name: &str) -> Option<Column> {
    let moment =
        |seconds: Option<i64>| seconds.map_or(Column::Null, |at| Column::Text(moment_text(at)));
    Some(match name {
        "id" => Column::Whole(build.id),
        "name" => Column::Text(build.name.clone()),
        "stream" => Column::Text(build.stream.clone()),
        "version" => Column::Whole(build.version),
        "context" => Column::Text(build.context.clone()),
        "state" => Column::Whole(build.state.number().into()),
        "state_reason" => Column::text(build.state_reason.as_ref()),
        "owner" => Column::Text(build.owner.clone()),
        "scmurl" => Column::text(build.scmurl.as_ref()),
        "scratch" => Column::Text(if build.scratch { "true" } else { "false" }.to_owned()),
        "koji_tag" => Column::text(build.koji_tag.as_ref()),
        "cg_build_koji_tag" => Column::text(build.cg_build_koji_tag.as_ref()),
        "batch" => Column::Whole(build.batch().into()),
        "rebuild_strategy" => Column::Text(build.rebuild_strategy.clone()),
        "build_context" => Column::text(build.build_context.as_ref()),
        "build_context_no_bms" => Column::text(build.build_context_no_bms.as_ref()),
        "runtime_context" => Column::text(build.runtime_context.as_ref()),
        "stream_version" => build.stream_version.map_or(Column::Null, Column::Number),
        "new_repo_task_id" | "reused_module_id" => Column::Null,
        "time_submitted" => moment(Some(build.submitted)),
        "time_modified" => moment(Some(build.modified)),
        "time_completed" => moment(build.completed),
        _ => return None,
    })
}

/// Returns a column of a component; `None`: there is no such column.
pub(super) fn component(
    build: &ModuleBuild,
    component: &ComponentBuild,
    name: &str,
) -> Option<Column> {
    Some(match name {
        "id" => Column::Whole(component.id),
        "package" => Column::Text(component.package.clone()),
        "format" => Column::Text("rpms".to_owned()),
        "task_id" => component.task_id.map_or(Column::Null, |id| Column::Whole(id.unsigned_abs())),
        "state" => {
            component.state.map_or(Column::Null, |state| Column::Whole(state.number().into()))
        }
        "state_reason" => Column::text(component.state_reason.as_ref()),
        "nvr" => Column::text(component.nvr.as_ref()),
        "batch" => Column::Whole(component.batch.into()),
        "module_build" | "module_id" => Column::Whole(build.id),
        _ => return None,
    })
}
