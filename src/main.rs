//! Parses the command line, calls it, and maps the outcome to an exit code.

fn main() {}
