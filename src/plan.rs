//! What is rebuilt, from which builds, in which order.

pub mod context;
pub mod expand;
pub mod names;
pub mod platform;
pub mod resolve;
pub mod version;
