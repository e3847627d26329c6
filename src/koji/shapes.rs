//! The answers of the hub, with koji's own names.
//!
//! Times are text, with the same moment as seconds since 1970 in the member `…_ts` beside them. Members
//! that koji may add are ignored.

mod build;
mod farm;
mod repo;
mod tag;
mod task;
mod user;

pub use build::*;
pub use farm::*;
pub use repo::*;
pub use tag::*;
pub use task::*;
pub use user::*;

pub use super::secret::Secret;

/// Declares shapes: structs with koji's names of members. Those after `;` may be missing in an
/// answer.
macro_rules! shapes {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident {
            $($field:ident $($wire:literal)? : $type:ty),* $(,)?
            $(; $($option:ident $($owire:literal)? : $otype:ty),* $(,)?)?
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(
                #[doc = concat!("Koji's `", stringify!($field), "`.")]
                $(#[serde(rename = $wire)])?
                pub $field: $type,
            )*
            $($(
                #[doc = concat!("Koji's `", stringify!($option), "`, where there is one.")]
                $(#[serde(rename = $owire)])?
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $option: Option<$otype>,
            )*)?
        }
    )*};
}

use shapes;
