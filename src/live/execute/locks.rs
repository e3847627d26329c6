//! The tags that keep a stream to one run on a hub, whatever store a run is in.

use std::collections::BTreeSet;

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use crate::koji::calls::{CreateTag, DeleteTag, GetTag, Map};
use crate::koji::shapes::TagInfo;
use crate::koji::{Call as _, Value};
use crate::module_build::hub_call::HubCall;
use crate::orchestrate::Fault;

impl AtHub {
    /// Takes a lock, unless this run holds it. One that was left behind by a run that nobody drives gives way.
    pub(super) async fn lock(&self, name: &str) -> Result<(), Stop> {
        let found = self.ask(&look(name)).await?;
        self.take(name, lock_of(found.as_ref())).await
    }

    /// Takes every lock again that was taken from this run while nobody drove it.
    pub(super) async fn relock(&self) -> Result<(), Stop> {
        let names = self.names();
        let looks: Vec<HubCall> = names.iter().map(|name| HubCall::look(&look(name))).collect();
        for (name, answer) in names.into_iter().zip(self.all(&looks).await?) {
            let found: Option<TagInfo> = read(GetTag::METHOD, answer)?;
            self.take(name, lock_of(found.as_ref())).await?;
        }
        Ok(())
    }

    async fn take(&self, name: &str, lock: Lock) -> Result<(), Stop> {
        match lock {
            Lock::Free => {}
            Lock::Held(run) if run == self.work.run => return Ok(()),
            Lock::Held(run) if self.work.takes_over.contains(&run) => {
                tracing::info!("takes the lock {name} over from the run {run}");
                self.ask(&DeleteTag { tag: name.into() }).await?;
            }
            Lock::Held(run) => return Err(held(name, &format!("the run {run}"))),
            Lock::Foreign => return Err(held(name, "something else")),
        }
        let members = [("run", Value::from(self.work.run.as_str())), ("holder", holder().into())];
        let mark: Map = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let extra = Some(Map::from([("modplan".to_owned(), Value::Struct(mark))]));
        self.ask(&CreateTag { name: name.to_owned(), extra, ..CreateTag::default() }).await?;
        Ok(())
    }

    /// Returns whether this run holds a lock; one that it may not take is in the way.
    pub(super) async fn holds(&self, name: &str) -> Result<bool, Stop> {
        let found = self.ask(&look(name)).await?;
        match lock_of(found.as_ref()) {
            Lock::Free => Ok(false),
            Lock::Held(run) if run == self.work.run => Ok(true),
            Lock::Held(run) if self.work.takes_over.contains(&run) => Ok(false),
            Lock::Held(run) => Err(held(name, &format!("the run {run}"))),
            Lock::Foreign => Err(held(name, "something else")),
        }
    }

    fn names(&self) -> BTreeSet<&str> {
        self.work.modules.values().map(|module| module.lock.as_str()).collect()
    }

    /// Gives the locks of this run back. One that is left is named: it keeps its stream from other runs.
    pub(super) async fn unlock(&self) {
        for name in self.names() {
            let given_back = async {
                match lock_of(self.ask(&look(name)).await?.as_ref()) {
                    Lock::Held(run) if run == self.work.run => {
                        self.ask(&DeleteTag { tag: name.into() }).await.map(drop)
                    }
                    Lock::Held(_) | Lock::Free | Lock::Foreign => Ok(()),
                }
            };
            let given_back: Result<(), Stop> = given_back.await;
            if let Err(stop) = given_back {
                tracing::warn!("the lock {name} is still there: {}", stop.why);
            }
        }
    }
}

/// Who holds a lock.
enum Lock {
    Free,
    Held(String),
    /// The tag is not a lock of modplan.
    Foreign,
}

fn look(name: &str) -> GetTag {
    GetTag { tag: name.into(), ..GetTag::default() }
}

fn lock_of(found: Option<&TagInfo>) -> Lock {
    let Some(found) = found else { return Lock::Free };
    let mark = found.extra.as_ref().and_then(|extra| extra.get("modplan"));
    let run = mark.and_then(|mark| mark.get("run")).and_then(Value::as_str);
    run.map_or(Lock::Foreign, |run| Lock::Held(run.to_owned()))
}

fn held(name: &str, by: &str) -> Stop {
    Stop::failed(Fault::Exists, format!("the tag {name} is a lock of {by}"))
}

fn holder() -> String {
    crate::store::Holder::this_process().to_string()
}
