//! Builds of single modules, against recorded answers, real documents and the programs that read them.

mod finalize;
mod hub_calls;
mod imports;
mod published;
mod rpm;
mod validated;
