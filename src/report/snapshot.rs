//! What a snapshot says, for `show`: canonical JSON, modulemd again, or a table.

mod choose;
mod json;
mod neighbours;
mod table;

pub use crate::load::{packager_yaml, snapshot_yaml, source_yaml, without_document};
pub use choose::{retain_newest, retain_selected};
pub use json::{packager_json, snapshot_json};
pub use neighbours::{Direction, Neighbours, neighbours};
pub use table::table;
