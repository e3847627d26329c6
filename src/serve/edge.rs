//! The sockets, clocks and processes of the service: the only part of this room that waits.
//!
//! One thread answers requests. Another one looks for submissions that nobody drives, and has each driven by a
//! thread of its own, as `modplan runs resume` would. What runs come to is written into the store by a third.
//! All of them know only what the store has, so that other processes on the same store may do the same work.

mod auth;
mod driver;
mod http;
mod limits;
mod pages;
mod reader;
mod recorder;
mod runner;
mod service;
mod state;
mod submit;

pub use service::serve;
pub use state::{ServeError, Serving};
