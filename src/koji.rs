//! What koji is made of, as plain data that both the simulated and the real hub speak.

mod task;

pub use task::{TaskState, methods, weight};
