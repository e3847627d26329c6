//! What a snapshot says, for `show`: canonical JSON, modulemd again, or a table.

mod json;
mod table;
mod yaml;

pub use json::{packager_json, snapshot_json};
pub use table::table;
pub use yaml::{packager_yaml, snapshot_yaml, without_document};
