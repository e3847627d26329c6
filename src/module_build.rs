//! What one module build is at a koji, as plain data: no socket, no clock, no file.
//!
//! A driver asks the hub and passes on what it answered; this room says what follows from it. In the
//! order of a build:
//!
//! * [`identity`]: version, context and names, new or kept;
//! * [`release`]: the index in the dist tag, above everything shipped by [`rpm_order`], and what would
//!   not update it;
//! * [`tag_plan`]: the tags and the target as they are to be, and [`tag_calls`]: the calls that make
//!   them so, from what is there;
//! * [`macros`]: the package with the module's macros, which is built first, with the [`conflicts`]
//!   that keep RPMs out of the buildroot;
//! * [`batch_calls`]: submitting a batch, tagging what it built, asking for its repo;
//! * [`finals`]: the modulemd of each arch and its `-devel` twin, from the RPMs in the module's tag
//!   ([`tagged`]), chosen by [`contents`];
//! * [`import`]: the finished module as a build of koji, and [`publish`]: whether it is there, and how
//!   it comes into the tag of the users' repositories;
//! * [`final_repo`]: which files of koji make its own repositories.
//!
//! The rules are those of the Module Build Service 3.9.2 with its defects mended. Where the mended rules
//! can be told from its own by their result, [`Manner`](contents::Manner) chooses between them. Names of
//! tags and versions are [`plan`](crate::plan)'s.

pub mod batch_calls;
pub mod conflicts;
pub mod contents;
pub mod final_repo;
pub mod finals;
pub mod hub_call;
pub mod identity;
pub mod import;
pub mod macros;
pub mod publish;
pub mod release;
pub mod rpm_order;
pub mod tag_calls;
pub mod tag_plan;
pub mod tagged;

mod rpm_arches;
