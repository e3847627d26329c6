//! Numbers first, then one renderer a format; renderers return text, whoever calls writes it.

pub mod run;
