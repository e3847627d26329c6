//! The live world against servers made of recorded answers.

mod certificates;
mod mock_koji;
mod official_client;
mod real_hub;
mod record;
