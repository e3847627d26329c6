//! What keeps a dry run or a run from its end, with its exit code and what to do.

use modplan::live::hub::HubError;
use modplan::live::runs::WhyNot;
use modplan::store::StoreError;

use super::super::status::Refusal;

/// Explains why a hub did not answer before anything was done.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
pub(super) fn of_hub(error: &HubError) -> Refusal {
    match error {
        HubError::Setup(_) => Refusal::usage(error.to_string()),
        HubError::Login { .. } | HubError::Fault { .. } | HubError::Locked { .. } => {
            Refusal::no(error.to_string())
        }
        _ => Refusal::outside(error.to_string())
            .hint("nothing was changed: run the same command again"),
    }
}

/// Explains what the store says.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
pub(crate) fn of_store(error: &StoreError) -> Refusal {
    let text = error.to_string();
    match error {
        StoreError::BadUrl | StoreError::NoSuchRun { .. } => Refusal::usage(text),
        StoreError::Missing => {
            Refusal::outside(text).hint("name the store of the runs with --store")
        }
        StoreError::Held { .. } | StoreError::Claimed { .. } => Refusal::no(text).hint(
            "wait for it, or end that process: a run whose process died is taken over by `runs resume`",
        ),
        StoreError::NotEnded { run, .. } => Refusal::no(text).hint(format!(
            "give it up with `modplan runs cancel {run}` and `modplan runs resume {run}` first"
        )),
        StoreError::Ended { .. } | StoreError::IndexUsed { .. } => Refusal::no(text),
        _ => Refusal::outside(text),
    }
}

/// Explains why a run was not begun or not taken over.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
pub(crate) fn of_run(why: &WhyNot) -> Refusal {
    match why {
        WhyNot::Store(error) => of_store(error),
        WhyNot::Hub(error) => of_hub(error),
        WhyNot::OtherHub { .. } => {
            Refusal::usage(why.to_string()).hint("name its hub with -p or --server")
        }
        WhyNot::OtherLeftovers { .. } => {
            Refusal::no(why.to_string()).hint("list it again: the same command without --yes")
        }
        WhyNot::Anonymous => Refusal::no(why.to_string()),
        _ => Refusal::outside(why.to_string()),
    }
}
