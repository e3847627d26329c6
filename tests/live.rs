//! The live world against servers made of recorded answers.

mod bad_hubs;
mod certificates;
mod dry_run;
mod execute;
mod final_repo;
mod hub_faults;
mod kerberos;
mod koji_builder;
mod koji_plugin;
mod koji_record;
mod mock_koji;
mod official_client;
mod old_hubs;
mod peer;
mod raw_hub;
mod real_hub;
mod record;
mod runs;
mod secrets;
mod store;
