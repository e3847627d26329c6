//! The service: its API against recorded requests of the Module Build Service, and the program end to end.

mod client;
mod end_to_end;
mod fedpkg;
mod git;
mod lists;
mod recorded;
mod rights;
mod shared_store;
mod whole;
