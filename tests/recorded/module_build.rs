//! Builds of single modules, against recorded answers, real documents and the programs that read them.

mod finalize;
mod published;
mod rpm;
mod validated;
