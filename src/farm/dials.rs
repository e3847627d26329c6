//! Every number of a farm by its name in a farm file, so that a report can name those that were not
//! given and try other values.

use super::{BuilderGroup, Createrepo, Farm, Model};
use crate::time::Millis;
use crate::trace::{BUILD_ARCH, BUILD_SRPM, CREATEREPO, TAG_BUILD};

/// One number of a farm.
#[derive(Debug, PartialEq)]
pub enum Dial<'f> {
    /// A duration.
    Time(&'f mut Millis),
    /// A whole number.
    Count(&'f mut u32),
    /// A weight, a capacity or a speed.
    Amount(&'f mut f64),
}

impl Dial<'_> {
    /// Returns the number as written in a farm file.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Time(time) => time.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Amount(amount) => amount.to_string(),
        }
    }

    /// Halves the number, rounding down, but never below the minimum of a farm file; returns
    /// whether that changes anything.
    pub fn halve(&mut self) -> bool {
        match self {
            Self::Time(time) => {
                let least = Millis::from_secs(1).min(**time);
                set(*time, Millis(time.0 / 2000 * 1000).max(least))
            }
            Self::Count(count) => set(*count, (**count / 2).max(1).min(**count)),
            Self::Amount(amount) => {
                **amount /= 2.0;
                **amount > 0.0
            }
        }
    }

    /// Doubles the number; returns whether that changes anything.
    pub fn double(&mut self) -> bool {
        match self {
            Self::Time(time) => set(*time, Millis(time.0.saturating_mul(2))),
            Self::Count(count) => set(*count, count.saturating_mul(2)),
            Self::Amount(amount) => {
                **amount *= 2.0;
                **amount > 0.0
            }
        }
    }
}

/// Returns whether the new value differs.
fn set<T: PartialEq>(place: &mut T, new: T) -> bool {
    let old = std::mem::replace(place, new);
    old != *place
}

impl Farm {
    /// Returns every number that has an effect in the farm's model, by its name:
    /// `builders.x86.capacity`, `hub.run_interval`. The number of builders is not included.
    pub fn dials(&mut self) -> Vec<(String, Dial<'_>)> {
        if self.model == Model::Ideal {
            return Vec::new();
        }
        let mut dials = Vec::new();
        for group in &mut self.builders {
            let BuilderGroup { name, capacity, max_jobs, speed, .. } = group;
            dials.push((format!("builders.{name}.capacity"), Dial::Amount(capacity)));
            let jobs = max_jobs
                .as_mut()
                .map(|jobs| (format!("builders.{name}.max_jobs"), Dial::Count(jobs)));
            dials.extend(jobs);
            dials.push((format!("builders.{name}.speed"), Dial::Amount(speed)));
        }
        let hub = &mut self.hub;
        let repo = &mut self.repo;
        let weights = &mut self.weights;
        let named = [
            ("hub.run_interval", Dial::Time(&mut hub.run_interval)),
            ("hub.builder_sleep", Dial::Time(&mut hub.builder_sleep)),
            ("hub.submit_interval", Dial::Time(&mut hub.submit_interval)),
            ("hub.capacity_overcommit", Dial::Amount(&mut hub.capacity_overcommit)),
            ("hub.assign_timeout", Dial::Time(&mut hub.assign_timeout)),
            ("hub.soft_refusal_timeout", Dial::Time(&mut hub.soft_refusal_timeout)),
            ("hub.free_tasks_max", Dial::Count(&mut hub.free_tasks_max)),
            ("hub.macros_build", Dial::Time(&mut hub.macros_build)),
            ("repo.check_interval", Dial::Time(&mut repo.check_interval)),
            ("repo.tasks_max", Dial::Count(&mut repo.tasks_max)),
            ("repo.retries", Dial::Count(&mut repo.retries)),
            ("repo.wait_poll", Dial::Time(&mut repo.wait_poll)),
            ("repo.wait_timeout", Dial::Time(&mut repo.wait_timeout)),
            ("repo.lag", Dial::Time(&mut repo.lag)),
            ("weights.buildArch", Dial::Amount(&mut weights.build_arch)),
            ("weights.buildSRPMFromSCM", Dial::Amount(&mut weights.build_srpm)),
            ("weights.createrepo", Dial::Amount(&mut weights.createrepo)),
            ("weights.tagBuild", Dial::Amount(&mut weights.tag_build)),
            ("weights.waitrepo", Dial::Amount(&mut weights.waitrepo)),
        ];
        dials.extend(named.map(|(name, dial)| (name.to_owned(), dial)));
        if let Createrepo::Fixed(time) = &mut repo.createrepo {
            dials.push(("repo.createrepo".to_owned(), Dial::Time(time)));
        }
        dials
    }

    /// Returns one number by its name: one of [`Self::dials`], the number of builders in a group
    /// (`builders.x86.count`), or the time of a method without a history (`fallback.buildArch`).
    pub fn dial(&mut self, name: &str) -> Option<Dial<'_>> {
        if let Some(method) = name.strip_prefix("fallback.") {
            let fallback = &mut self.fallback;
            return match method {
                BUILD_ARCH => Some(Dial::Time(&mut fallback.build_arch)),
                BUILD_SRPM => Some(Dial::Time(&mut fallback.build_srpm)),
                TAG_BUILD => Some(Dial::Time(&mut fallback.tag_build)),
                CREATEREPO => Some(Dial::Time(&mut fallback.createrepo)),
                _ => None,
            };
        }
        let group = name.strip_prefix("builders.").and_then(|rest| rest.strip_suffix(".count"));
        if let Some(group) = group {
            let group = self.builders.iter_mut().find(|known| known.name == group)?;
            return Some(Dial::Count(&mut group.count));
        }
        self.dials().into_iter().find_map(|(known, dial)| (known == name).then_some(dial))
    }

    /// Returns the numbers of [`Self::dials`] that the farm file did not give, with their values:
    /// koji's own defaults.
    #[must_use]
    pub fn not_given(&self) -> Vec<(String, String)> {
        let mut farm = self.clone();
        let dials = farm.dials().into_iter();
        let unset = dials.filter(|(name, _)| !self.given.contains(name));
        unset.map(|(name, dial)| (name, dial.text())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_farm_file_leaves_out_is_named_with_its_value() {
        let text =
            b"model: koji\nbuilders: [{name: x86, count: 1, arches: [x86_64], capacity: 4}]\n\
                     hub: {run_interval: 30s}\n";
        let farm = Farm::read(text, 0).unwrap();
        let unset = farm.not_given();
        let value =
            |key: &str| unset.iter().find(|(name, _)| name == key).map(|(_, value)| &**value);
        assert_eq!(value("builders.x86.capacity"), None);
        assert_eq!(value("hub.run_interval"), None);
        assert_eq!(value("builders.x86.max_jobs"), Some("10"));
        assert_eq!(value("hub.builder_sleep"), Some("15.0s"));
        let ideal = Farm { model: Model::Ideal, ..farm };
        assert_eq!(ideal.not_given(), []);
    }

    #[test]
    fn a_number_is_found_by_its_name() {
        let text = b"model: koji\nbuilders: [{name: x86, count: 7, arches: [x86_64]}]\n";
        let mut farm = Farm::read(text, 0).unwrap();
        let mut at = |name: &str| farm.dial(name).map(|dial| dial.text());
        assert_eq!(at("builders.x86.count").as_deref(), Some("7"));
        assert_eq!(at("fallback.buildArch").as_deref(), Some("10m 00s"));
        assert_eq!(at("hub.builder_sleep").as_deref(), Some("15.0s"));
        assert_eq!((at("builders.arm.count"), at("fallback.test"), at("hub")), (None, None, None));
    }

    #[test]
    fn halving_stays_within_what_a_farm_file_takes() {
        let (mut time, mut count, mut none) = (Millis::from_secs(1), 1, Millis::ZERO);
        assert!(!Dial::Time(&mut time).halve() && !Dial::Count(&mut count).halve());
        assert!(!Dial::Time(&mut none).double());
        let mut minute = Millis::from_secs(60);
        assert!(Dial::Time(&mut minute).halve());
        assert_eq!(minute, Millis::from_secs(30));
        assert!(Dial::Count(&mut count).double() && count == 2);
    }
}
