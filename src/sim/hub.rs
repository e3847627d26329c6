//! A koji hub with its builders and its repo manager, in virtual time.

pub mod scheduler;
