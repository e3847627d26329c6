//! Which components a list has.

use super::columns::component;
use super::{Query, Refusal};
use crate::serve::{Book, ComponentBuild, ModuleBuild, PackageState};

const COLUMNS: &[&str] =
    &["package", "format", "task_id", "state_reason", "nvr", "batch", "module_build"];

/// A component with its module build.
pub(super) type Row<'b> = (&'b ModuleBuild, &'b ComponentBuild);

/// Returns the components that every filter of a request lets pass.
pub(super) fn filtered<'b>(
    book: &'b Book,
    query: &Query,
    id_address: &str,
) -> Result<Vec<Row<'b>>, Refusal> {
    if let Some(id) = query.last("id") {
        return Err(Refusal::bad(format!(
            "The \"id\" query option is invalid. Did you mean to go to \"{id_address}{id}\"?"
        )));
    }
    let state = |text: &str| {
        let unknown = || Refusal::bad(format!("Invalid state was supplied: {text}"));
        PackageState::read(text).ok_or_else(unknown)
    };
    let states: Vec<PackageState> = query.all("state").map(state).collect::<Result<_, _>>()?;
    let rows = book.all().flat_map(|build| build.components.iter().map(move |one| (&**build, one)));
    let pass = |(build, one): &Row<'b>| {
        let is_state = one.state.is_some_and(|state| states.contains(&state));
        let is = |name: &&str| {
            let column = component(build, one, name);
            query.all(name).all(|wanted| column.as_ref().is_some_and(|column| column.is(wanted)))
        };
        (states.is_empty() || is_state) && COLUMNS.iter().all(is)
    };
    Ok(rows.filter(pass).collect())
}
