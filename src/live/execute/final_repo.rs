//! The final repositories of a module that is built and imported: its RPMs are signed, if the site signs,
//! and then indexed with the modulemd, outside koji.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::calls::{Map, QueryRpmSigs};
use crate::koji::{Call as _, Value};
use crate::live::final_repo::{FinalRepoError, FinalRepos, Making, make};
use crate::module_build::finals::FinalDocument;
use crate::module_build::hub_call::HubCall;
use crate::module_build::tagged::{TagContents, TaggedRpm};
use crate::name::Arch;
use crate::orchestrate::{Answer, Fault};

/// So many RPMs are named in a message.
const NAMED_MAX: usize = 3;

impl AtHub {
    /// Makes the final repositories of a module, unless they are there, or the site has none.
    pub(super) async fn final_repo(
        &self,
        module: &ModuleWork,
        finals: &BTreeMap<Arch, &FinalDocument<'_>>,
        tag: &TagContents,
    ) -> Result<(), Stop> {
        let nsvc = &module.nsvc;
        let Some(repos) = &self.work.final_repos else {
            tracing::info!(
                "{nsvc}: no final repository is made: `final_repo.directory` is not configured"
            );
            return Ok(());
        };
        let signed_by = self.signatures(module, repos, finals).await?;
        let making = Making {
            run: &self.work.run,
            nsvc,
            koji_tag: &module.tags.tag,
            finals,
            tag,
            signed_by: &signed_by,
        };
        loop {
            let error = match make(repos, making).await {
                Ok(place) => {
                    let label = if signed_by.is_empty() { ", unsigned" } else { "" };
                    tracing::info!("{nsvc}: its final repository is {}{label}", place.display());
                    return Ok(());
                }
                Err(error) => error,
            };
            // koji writes signed copies after it knows of a signature.
            let is_copy = matches!(error, FinalRepoError::Missing { .. }) && !signed_by.is_empty();
            if !is_copy {
                return Err(stop(module, &error));
            }
            if !self.is_patient(module, repos).await {
                let why = format!("{nsvc}: {error}: write it with `koji write-signed-rpm`");
                return Err(Stop::failed(Fault::Missing, why));
            }
        }
    }

    /// Waits until every RPM has a signature by one of the keys, and returns by which, by koji's number of
    /// the RPM. Of several the one that is configured first is taken. Nothing is asked without keys.
    async fn signatures(
        &self,
        module: &ModuleWork,
        repos: &FinalRepos,
        finals: &BTreeMap<Arch, &FinalDocument<'_>>,
    ) -> Result<BTreeMap<i64, String>, Stop> {
        let mut signed_by = BTreeMap::new();
        if repos.keys.is_empty() {
            return Ok(signed_by);
        }
        let all: BTreeMap<i64, &TaggedRpm> = finals
            .values()
            .flat_map(|document| document.rpms.iter().map(|rpm| (rpm.id, *rpm)))
            .collect();
        loop {
            let missing: Vec<i64> =
                all.keys().copied().filter(|id| !signed_by.contains_key(id)).collect();
            let looks = missing.iter().map(|id| {
                HubCall::look(&QueryRpmSigs {
                    rpm_id: Some(Value::Int(*id)),
                    ..QueryRpmSigs::default()
                })
            });
            let looks: Vec<HubCall> = looks.collect();
            for (id, answer) in missing.iter().zip(self.all(&looks).await?) {
                let rows: Vec<Map> = read(QueryRpmSigs::METHOD, answer)?;
                signed_by.extend(key_of(&rows, &repos.keys).map(|key| (*id, key)));
            }
            let unsigned: BTreeSet<String> = all
                .iter()
                .filter(|(id, _)| !signed_by.contains_key(*id))
                .map(|(_, rpm)| rpm.nevra())
                .collect();
            if unsigned.is_empty() {
                return Ok(signed_by);
            }
            if !self.is_patient(module, repos).await {
                return Err(Stop::failed(Fault::Denied, not_signed(module, repos, &unsigned)));
            }
        }
    }

    /// Waits a while for signatures; returns whether there was time left for it. Pauses are counted, so a
    /// clock that is set does not matter, and those of all tries, so a module that is tried again is not
    /// waited for anew.
    async fn is_patient(&self, module: &ModuleWork, repos: &FinalRepos) -> bool {
        let most = Duration::from_millis(repos.timeout_ms);
        let is_late =
            self.unsigned.lock().await.get(&module.nsvc).is_some_and(|past| *past >= most);
        if is_late || most.is_zero() {
            return false;
        }
        self.pause().await;
        let pause = self.work.poll.max(Duration::from_millis(1));
        *self.unsigned.lock().await.entry(module.nsvc.clone()).or_default() += pause;
        true
    }
}

/// Returns the first of the keys by which there is a signature, as the hub writes it: it keeps the last
/// digits of a key alone.
fn key_of(rows: &[Map], keys: &[String]) -> Option<String> {
    let known = || rows.iter().filter_map(|row| row.get("sigkey").and_then(Value::as_str));
    let is_it = |key: &str, known: &str| {
        let known = known.to_ascii_lowercase();
        !known.is_empty() && (key.ends_with(&known) || known.ends_with(key))
    };
    keys.iter().find_map(|key| known().find(|known| is_it(key, known)).map(str::to_owned))
}

fn not_signed(module: &ModuleWork, repos: &FinalRepos, unsigned: &BTreeSet<String>) -> String {
    let named: Vec<&str> = unsigned.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = match unsigned.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{}: no signature by {} of {}{more} within {} seconds: sign them, and retry the module",
        module.nsvc,
        repos.keys.join(" or "),
        named.join(", "),
        repos.timeout_ms / 1000,
    )
}

/// What people can mend outside is tried again: a server that is away, a full disk, a missing program.
fn stop(module: &ModuleWork, error: &FinalRepoError) -> Stop {
    let why = format!("{}: no final repository yet: {error}", module.nsvc);
    let answer = match error {
        FinalRepoError::Taken { .. } => Answer::Failed(Fault::Exists),
        FinalRepoError::Setup(_)
        | FinalRepoError::Missing { .. }
        | FinalRepoError::Away { .. }
        | FinalRepoError::Wrong { .. }
        | FinalRepoError::NoTool { .. }
        | FinalRepoError::Tool { .. }
        | FinalRepoError::File { .. } => Answer::Refused,
    };
    Stop { answer, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> Map {
        Map::from([("rpm_id".to_owned(), Value::Int(1)), ("sigkey".to_owned(), key.into())])
    }

    #[test]
    fn a_key_is_known_by_its_last_digits() {
        let keys = ["99f0b2eaabcd1234".to_owned(), "00005678".to_owned()];
        let found =
            |rows: &[&str]| key_of(&rows.iter().map(|key| row(key)).collect::<Vec<_>>(), &keys);
        assert_eq!(found(&[]), None);
        // The row of a copy without a signature has an empty key.
        assert_eq!(found(&[""]), None);
        assert_eq!(found(&["", "0000dead"]), None);
        assert_eq!(found(&["00005678"]).as_deref(), Some("00005678"));
        assert_eq!(found(&["00005678", "ABCD1234"]).as_deref(), Some("ABCD1234"));
    }
}
