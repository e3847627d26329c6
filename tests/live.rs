//! The live world against servers made of recorded answers.

mod record;
