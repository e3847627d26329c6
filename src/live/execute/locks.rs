//! The tags that keep a stream to one run on a hub, whatever store a run is in.

use std::collections::BTreeSet;

use super::at_hub::AtHub;
use super::stop::Stop;
use crate::koji::Value;
use crate::koji::calls::{CreateTag, DeleteTag, GetTag, Map};
use crate::koji::shapes::TagInfo;
use crate::orchestrate::{Answer, Fault};

impl AtHub {
    /// Takes a lock that is free.
    pub(super) async fn lock(&self, name: &str) -> Result<(), Stop> {
        let members = [("run", Value::from(self.work.run.as_str())), ("holder", holder().into())];
        let mark: Map = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let extra = Some(Map::from([("modplan".to_owned(), Value::Struct(mark))]));
        self.ask(&CreateTag { name: name.to_owned(), extra, ..CreateTag::default() }).await?;
        Ok(())
    }

    /// Returns whether this run holds a lock; one of another run is in the way.
    pub(super) async fn holds(&self, name: &str) -> Result<bool, Stop> {
        let found: Option<TagInfo> =
            self.ask(&GetTag { tag: name.into(), ..GetTag::default() }).await?;
        let Some(found) = found else { return Ok(false) };
        let mark = found.extra.as_ref().and_then(|extra| extra.get("modplan"));
        let run = mark.and_then(|mark| mark.get("run")).and_then(Value::as_str);
        if run == Some(self.work.run.as_str()) {
            return Ok(true);
        }
        let by = run.map_or_else(|| "something else".to_owned(), |run| format!("the run {run}"));
        Err(Stop::failed(Fault::Exists, format!("the tag {name} is a lock of {by}")))
    }

    /// Gives the locks of this run back. One that is left is named: it keeps its stream from other runs.
    pub(super) async fn unlock(&self) {
        let modules = self.work.modules.values();
        let locks: BTreeSet<&str> = modules.map(|module| module.lock.as_str()).collect();
        for name in locks {
            let given_back = async {
                if self.holds(name).await? {
                    self.ask(&DeleteTag { tag: name.into() }).await?;
                }
                Ok(())
            };
            match given_back.await {
                Ok(()) | Err(Stop { answer: Answer::Failed(Fault::Exists), .. }) => {}
                Err(stop) => tracing::warn!("the lock {name} is still there: {}", stop.why),
            }
        }
    }
}

fn holder() -> String {
    crate::store::Holder::this_process().to_string()
}
