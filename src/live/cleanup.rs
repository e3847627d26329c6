//! What a run left at its hub: listed, and deleted once somebody has agreed to the list.
//!
//! Each thing is looked at again right before it is deleted, and after an answer that was lost. A failed run
//! whose tags are deleted cannot be resumed any more: the store says so before the first of them goes.

use super::execute::Decided;
use super::hub::{Hub, HubError, Login, Options};
use super::runs::{WhyNot, block_on, now, open};
use crate::koji::calls::GetLoggedInUser;
use crate::koji_plan::{
    Knowledge, Leftover, LeftoverKind, Now, Past, PlannedBuild, again, leftovers,
    leftovers_checksum,
};
use crate::store::{Driven, Holder, RunRow, RunState, Store, StoreError};

/// A question may depend on the answer to another one: never so deep.
const ROUNDS_MAX: usize = 20;
/// So often a thing is deleted whose deletion has no answer.
const TRIES_MAX: usize = 3;

/// A run, its store and its hub.
#[derive(Clone, Debug)]
pub struct Cleaning<'c> {
    /// The run.
    pub run: &'c str,
    /// The address of the store.
    pub store: &'c str,
    /// The hub's address, without a user.
    pub hub: &'c str,
    /// How the hub is reached.
    pub options: Options,
    /// How to log in there.
    pub login: Login,
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct LeftBehind {
    /// The run as its store lists it.
    pub row: RunRow,
    /// Who looked, and would delete it.
    pub user: String,
    /// What is at the hub under the names that the run gave; what may be deleted in the order in which it is.
    pub things: Vec<Leftover>,
    /// The checksum of what may be deleted; none where that is nothing.
    pub checksum: Option<String>,
}

/// What became of a thing that was to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It was deleted.
    Deleted,
    /// It was not there any more.
    Gone,
    /// It had to stay after all, for this reason.
    Kept(String),
    /// The hub refused, or was away.
    Failed(String),
    /// The hub was away before its turn came.
    NotTried,
}

/// What was deleted of a run.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// What the run had left.
    pub left: LeftBehind,
    /// What became of each thing that was to be deleted, in their order.
    pub fates: Vec<Fate>,
}

impl Cleaned {
    /// Returns whether nothing is left of what was to be deleted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.fates.iter().all(|fate| matches!(fate, Fate::Deleted | Fate::Gone))
    }
}

/// Lists what a run left; the hub and the store are only read.
///
/// # Errors
/// Somebody drives the run, or it has not ended; the store or the hub is away, or the run is at another hub.
///
/// # Panics
/// When no runtime can be made.
pub fn left_behind(cleaning: Cleaning<'_>) -> Result<LeftBehind, WhyNot> {
    block_on(async {
        let store = open(cleaning.store).await?;
        let (row, builds) = kept(&store, &cleaning).await?;
        if !store.undriven(&row.hub, now()).await?.contains(&row.run) {
            let holder = row.holder.as_ref().map_or_else(String::new, ToString::to_string);
            return Err(StoreError::Held { run: row.run, holder }.into());
        }
        if !row.state.is_ended() {
            let state = row.state.as_str().to_owned();
            return Err(StoreError::NotEnded { run: row.run, state }.into());
        }
        let mut hub = Hub::connect(cleaning.options, cleaning.login).await?;
        let left = look(&mut hub, row, &builds).await;
        hub.log_out().await;
        left
    })
}

/// Deletes what a run left, if that is still what was listed under a checksum; where nothing is left, that is
/// fine. Nobody can drive the run meanwhile.
///
/// # Errors
/// As [`left_behind`]; or what is left is another list. Then nothing was deleted.
///
/// # Panics
/// When no runtime can be made.
pub fn clean_up(cleaning: Cleaning<'_>, sum: &str, lease_ms: i64) -> Result<Cleaned, WhyNot> {
    block_on(async {
        let store = open(cleaning.store).await?;
        let (row, builds) = kept(&store, &cleaning).await?;
        let held = store.hold(&row.run, &Holder::this_process(), now(), lease_ms).await?;
        let mut cleaner = Cleaner { store: &store, held, builds: &builds };
        let cleaned = async {
            let mut hub = Hub::connect(cleaning.options, cleaning.login).await?;
            let cleaned = cleaner.clean(&mut hub, row, sum).await;
            hub.log_out().await;
            cleaned
        };
        let cleaned = cleaned.await;
        store.let_go(&cleaner.held).await?;
        cleaned
    })
}

/// Reads a run and what it decided to build.
async fn kept(
    store: &Store,
    cleaning: &Cleaning<'_>,
) -> Result<(RunRow, Vec<PlannedBuild>), WhyNot> {
    let row = store.run(cleaning.run).await?;
    if row.hub != cleaning.hub {
        return Err(WhyNot::OtherHub { run: row.run, of: row.hub });
    }
    let work = store.work(&row.run).await?;
    let decided: Decided = serde_json::from_str(&work)
        .map_err(|error| StoreError::Work { run: row.run.clone(), reason: error.to_string() })?;
    Ok((row, decided.builds))
}

async fn look(hub: &mut Hub, row: RunRow, builds: &[PlannedBuild]) -> Result<LeftBehind, WhyNot> {
    let user = hub.call(&GetLoggedInUser {}).await?.ok_or(WhyNot::Anonymous)?.name;
    let past = Past { run: &row.run, builds };
    let things = rounds(hub, |known| leftovers(past, known)).await?;
    let checksum = leftovers_checksum(&row.run, &row.hub, &user, &things);
    Ok(LeftBehind { row, user, things, checksum })
}

/// Asks until nothing is open.
async fn rounds<T>(hub: &mut Hub, work_out: impl Fn(&mut Knowledge) -> T) -> Result<T, HubError> {
    let mut known = Knowledge::default();
    for _ in 0..ROUNDS_MAX {
        let found = work_out(&mut known);
        let open = known.open();
        if open.is_empty() {
            return Ok(found);
        }
        known.learn(hub.ask_all(&open).await?);
    }
    let reason = format!("questions without an end after {ROUNDS_MAX} rounds");
    Err(HubError::Shape { method: "multiCall".to_owned(), reason })
}

/// A run that this process has, while it is cleaned up.
struct Cleaner<'c> {
    store: &'c Store,
    held: Driven,
    builds: &'c [PlannedBuild],
}

impl Cleaner<'_> {
    async fn clean(&mut self, hub: &mut Hub, row: RunRow, sum: &str) -> Result<Cleaned, WhyNot> {
        let mut left = look(hub, row, self.builds).await?;
        if left.checksum.is_none() {
            return Ok(Cleaned { left, fates: Vec::new() });
        }
        if left.checksum.as_deref() != Some(sum) {
            return Err(WhyNot::OtherLeftovers { run: left.row.run });
        }
        let listed: Vec<Leftover> =
            left.things.iter().filter(|thing| thing.keep.is_none()).cloned().collect();
        let ends_it = listed.iter().any(|thing| thing.kind != LeftoverKind::Lock);
        if ends_it && left.row.state == RunState::Failed {
            self.store.set_state(&self.held, RunState::Canceled).await?;
            left.row.state = RunState::Canceled;
        }
        let mut fates = Vec::with_capacity(listed.len());
        for thing in &listed {
            let fate = match self.delete(hub, &left.row.run, thing).await {
                Ok(fate) => fate,
                Err(error) => {
                    fates.push(Fate::Failed(error.to_string()));
                    break;
                }
            };
            fates.push(fate);
        }
        fates.resize(listed.len(), Fate::NotTried);
        Ok(Cleaned { left, fates })
    }

    /// Deletes a thing, if it is still as it was listed. After an answer that was lost it is looked for.
    async fn delete(&mut self, hub: &mut Hub, run: &str, thing: &Leftover) -> Result<Fate, WhyNot> {
        let Some(deletion) = thing.deletion() else { return Ok(Fate::Gone) };
        let past = Past { run, builds: self.builds };
        for tried in 0..TRIES_MAX {
            self.show_life().await?;
            match rounds(hub, |known| again(past, thing, known)).await? {
                Now::Gone if tried == 0 => return Ok(Fate::Gone),
                Now::Gone => return Ok(Fate::Deleted),
                Now::Kept(why) => return Ok(Fate::Kept(why)),
                Now::Same => {}
            }
            match hub.call_together(std::slice::from_ref(&deletion)).await {
                Ok(answers) => match answers.into_iter().next() {
                    Some(Err(fault)) => {
                        return Ok(Fate::Failed(format!("{}: {fault}", thing.method())));
                    }
                    Some(Ok(_)) | None => return Ok(Fate::Deleted),
                },
                Err(HubError::Unknown { .. }) => {
                    tracing::info!("the answer to {} {} is lost", thing.method(), thing.name);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Fate::Failed(format!("{}: no answer in {TRIES_MAX} tries", thing.method())))
    }

    /// Renews the lease of the run where half of it has passed.
    async fn show_life(&mut self) -> Result<(), StoreError> {
        let now = now();
        if self.held.is_half_over(now) {
            self.store.append(&mut self.held, &[], now).await?;
        }
        Ok(())
    }
}
