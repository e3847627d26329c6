//! What `check`, `show` and whoever else loads share: the flags on how to read.

use clap::Args;
use modplan::load::{self, LoadError, Minute, Options, Snapshot};

use super::args::InputArgs;

/// How inputs are read.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Refuse fields that the formats do not know
    #[arg(long)]
    pub(crate) strict: bool,
    /// Read each INPUT as one packager document, as written before a build
    #[arg(long)]
    pub(crate) packager: bool,
    /// The time at which ends of life are judged, such as 2026-11-24T00:00Z; without it, one with
    /// a date has not come
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Minute>,
    /// Refuse an input of more than N bytes, unpacked
    #[arg(long, value_name = "N", default_value_t = Options::default().input_bytes_max)]
    pub(crate) max_input_bytes: u64,
}

impl LoadArgs {
    /// Reads all inputs.
    pub(crate) fn load(&self) -> Result<Snapshot, LoadError> {
        let options = Options {
            is_strict: self.strict,
            is_packager: self.packager,
            input_bytes_max: self.max_input_bytes,
            standard_input: None,
        };
        load::load(&self.inputs.inputs, &options)
    }
}
