//! `--vary NAME[.count|.capacity]=A..B[:STEP]`: which farms a sweep tries.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use modplan::farm::{BUILDERS_MAX, BuilderGroup, Farm, Model};
use modplan::name::{Arch, nearest};
use modplan::report::capacity::Amount;

use super::status::Refusal;

/// More farms than this are a slip of the keyboard.
const FARMS_MAX: usize = 10_000;

/// One number of the farm, and what it is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vary {
    name: String,
    what: What,
    first: f64,
    last: f64,
    step: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Count,
    Capacity,
}

impl What {
    /// Reads an end of a range or a step: builders are whole, a capacity need not be.
    fn number(self, text: &str) -> Result<f64, String> {
        match self {
            Self::Count => match text.parse::<u32>() {
                Ok(number) if number > BUILDERS_MAX => {
                    Err(format!("`{text}` is more than {BUILDERS_MAX} builders"))
                }
                Ok(number) => Ok(f64::from(number)),
                Err(_) => Err(format!("`{text}` is not a whole number of 0 or more")),
            },
            Self::Capacity => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
                _ => Err(format!("`{text}` is not a number of 0 or more")),
            },
        }
    }
}

impl FromStr for Vary {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, range) = text.split_once('=').ok_or("write NAME=A..B, such as x86=10..40:5")?;
        let (name, what) = match name.rsplit_once('.') {
            Some((name, "count")) => (name, What::Count),
            Some((name, "capacity")) => (name, What::Capacity),
            _ => (name, What::Count),
        };
        let (range, step) = match range.split_once(':') {
            Some((range, step)) => (range, Some(step)),
            None => (range, None),
        };
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        let (first, last) = (what.number(first)?, what.number(last)?);
        let is_whole = first.fract() == 0.0 && last.fract() == 0.0;
        let usual = if is_whole { 1.0 } else { 0.5 };
        let step = step.map_or(Ok(usual), |step| what.number(step))?;
        let vary = Self { name: name.to_owned(), what, first, last, step };
        if vary.name.is_empty() {
            return Err("a name is missing before `=`".to_owned());
        }
        if vary.first > vary.last {
            return Err(format!("the range ends at {}, below its start", vary.last));
        }
        if vary.step <= 0.0 {
            return Err("the step must be above 0".to_owned());
        }
        if vary.what == What::Capacity && vary.first <= 0.0 {
            return Err("a capacity of 0 takes no tasks: begin above 0".to_owned());
        }
        Ok(vary)
    }
}

impl fmt::Display for Vary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.key(&self.name))
    }
}

impl Vary {
    pub(crate) fn is_capacity(&self) -> bool {
        self.what == What::Capacity
    }

    /// Returns how a point calls the number.
    fn key(&self, group: &str) -> String {
        match self.what {
            What::Count => group.to_owned(),
            What::Capacity => format!("{group}.capacity"),
        }
    }

    /// Returns how many values there are.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast to an integer ends at its limits"
    )]
    fn count(&self) -> usize {
        // A range of tenths includes its last one: errors below a billionth are ignored.
        ((self.last - self.first) / self.step + 1e-9).floor() as usize + 1
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        #[expect(clippy::cast_precision_loss, reason = "there are 10 000 at most")]
        let value = |at: usize| self.first + self.step * at as f64;
        (0..self.count()).map(move |at| (value(at) * 1e6).round() / 1e6)
    }

    /// Sets the number of a farm.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is read as a whole number of 32 bits"
    )]
    fn set(&self, farm: &mut Farm, at: usize, value: f64) {
        match self.what {
            What::Count => farm.builders[at].count = value as u32,
            What::Capacity => farm.builders[at].capacity = value,
        }
    }

    /// Says what can be varied, where a group is named with something else.
    fn other_key(&self, farm: &Farm) -> Option<Refusal> {
        let (group, key) = self.name.rsplit_once('.')?;
        farm.builders.iter().find(|known| known.name == group)?;
        Some(
            Refusal::usage(format!("`{key}` of builders `{group}` cannot be varied"))
                .hint(format!("vary `{group}` (its count) or `{group}.capacity`")),
        )
    }

    /// Returns the position of the group: by name, or as the one that builds an arch.
    fn group(&self, farm: &Farm) -> Result<usize, Refusal> {
        let by_name = farm.builders.iter().position(|group| group.name == self.name);
        if let Some(at) = by_name {
            return Ok(at);
        }
        let builds =
            |group: &BuilderGroup| group.arches.iter().any(|arch| arch.as_str() == self.name);
        let groups: Vec<usize> =
            (0..farm.builders.len()).filter(|&at| builds(&farm.builders[at])).collect();
        let names = || farm.builders.iter().map(|group| group.name.as_str());
        if let Some(refusal) = self.other_key(farm) {
            return Err(refusal);
        }
        match groups.as_slice() {
            [one] => Ok(*one),
            [] => {
                let unknown = Refusal::usage(format!("the farm has no builders `{}`", self.name));
                Err(match nearest(&self.name, names()) {
                    Some(near) => unknown.hint(format!("did you mean `{near}`?")),
                    None => {
                        unknown.hint(format!("it has {}", names().collect::<Vec<_>>().join(", ")))
                    }
                })
            }
            many => {
                let names: Vec<&str> =
                    many.iter().map(|&at| farm.builders[at].name.as_str()).collect();
                Err(Refusal::usage(format!("{} is built by several groups", self.name))
                    .hint(format!("name one of {}", names.join(", "))))
            }
        }
    }
}

/// Refuses to vary builders that no task asks for. In koji's model they are of some use: source
/// packages, tags and repos are made on builders of any arch.
pub(crate) fn refuse_unneeded(
    base: &Farm,
    varied: &[Vary],
    needed: &BTreeSet<Arch>,
) -> Result<(), Refusal> {
    if base.model == Model::Koji || needed.contains(&Arch::from("noarch")) {
        return Ok(());
    }
    for vary in varied {
        let group = &base.builders[vary.group(base)?];
        if !group.arches.iter().any(|arch| needed.contains(arch)) {
            let list = |arches: Vec<&str>| arches.join(", ");
            let built = list(group.arches.iter().map(Arch::as_str).collect());
            let needed = list(needed.iter().map(Arch::as_str).collect());
            return Err(Refusal::usage(format!(
                "nothing is built for {built}: varying the builders `{}` changes nothing",
                group.name
            ))
            .hint(format!("the plan builds for {needed}")));
        }
    }
    Ok(())
}

/// What was varied, by name.
pub(crate) type Varied = BTreeMap<String, Amount>;

/// Returns the farm with the largest of everything that is tried; what cannot be varied is left.
pub(crate) fn widest(base: &Farm, varied: &[Vary]) -> Farm {
    let mut farm = base.clone();
    for vary in varied {
        if let (Ok(at), Some(last)) = (vary.group(base), vary.values().last()) {
            vary.set(&mut farm, at, last);
        }
    }
    farm
}

/// Returns every farm to try, the last named number changing fastest, with what was varied.
pub(crate) fn farms(base: &Farm, varied: &[Vary]) -> Result<Vec<(Farm, Varied)>, Refusal> {
    let mut farms = vec![(base.clone(), Varied::new())];
    for vary in varied {
        let at = vary.group(base)?;
        let key = vary.key(&base.builders[at].name);
        if farms[0].1.contains_key(&key) {
            return Err(Refusal::usage(format!("`{key}` is varied twice")));
        }
        if vary.count().saturating_mul(farms.len()) > FARMS_MAX {
            return Err(Refusal::usage(format!("--vary asks for more than {FARMS_MAX} farms"))
                .hint("give a STEP: NAME=A..B:STEP"));
        }
        let with = |(farm, builders): &(Farm, Varied), value: f64| {
            let (mut farm, mut builders) = (farm.clone(), builders.clone());
            vary.set(&mut farm, at, value);
            builders.insert(key.clone(), Amount::new(value));
            (farm, builders)
        };
        farms = farms
            .iter()
            .flat_map(|farm| vary.values().map(move |v| with(farm, v)).collect::<Vec<_>>())
            .collect();
    }
    Ok(farms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn farm() -> Farm {
        let group = |name: &str, arches: &[&str]| {
            BuilderGroup::new(name, 5, arches.iter().map(|arch| (*arch).into()).collect())
        };
        let builders = vec![
            group("x86", &["x86_64", "i686"]),
            group("arm", &["aarch64"]),
            group("arm-big", &["aarch64"]),
        ];
        Farm { builders, ..Farm::default() }
    }

    fn points(varied: &[&str]) -> Result<Vec<String>, String> {
        let varied: Vec<Vary> = varied.iter().map(|text| text.parse().unwrap()).collect();
        let farms = farms(&farm(), &varied).map_err(|refusal| refusal.message)?;
        let told = |builders: &Varied| {
            let each = builders.iter().map(|(name, amount)| format!("{name}={amount}"));
            each.collect::<Vec<_>>().join(" ")
        };
        Ok(farms.iter().map(|(_, builders)| told(builders)).collect())
    }

    #[test]
    fn ranges_hold_both_ends_and_combine() {
        let told = points(&["x86=10..20:5", "arm-big.capacity=2..3"]).unwrap();
        assert_eq!(told.len(), 6);
        assert_eq!(told[1], "arm-big.capacity=3 x86=10");
        assert_eq!(points(&["x86.count=1..4:2"]).unwrap(), ["x86=1", "x86=3"]);
        // An arch that one group builds stands for the group; a single number is a range of one.
        assert_eq!(points(&["i686=7"]).unwrap(), ["x86=7"]);
    }

    #[test]
    fn a_capacity_need_not_be_whole() {
        let capacities = |range: &str| points(&[&format!("x86.capacity={range}")]).unwrap();
        assert_eq!(capacities("0.5..1"), ["x86.capacity=0.5", "x86.capacity=1"]);
        let tenths = capacities("0.1..0.5:0.1");
        assert_eq!(tenths.len(), 5);
        assert_eq!(tenths[2], "x86.capacity=0.3");
        assert_eq!(capacities("2..3"), ["x86.capacity=2", "x86.capacity=3"]);
    }

    #[test]
    fn the_widest_farm_has_the_largest_of_everything() {
        let varied = ["x86=0..20:5", "arm.capacity=1..6"].map(|text| text.parse().unwrap());
        let widest = widest(&farm(), &varied);
        assert_eq!((widest.builders[0].count, widest.builders[1].count), (20, 5));
        assert!((widest.builders[1].capacity - 6.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_varied_is_refused_in_words() {
        assert_eq!(points(&["x68=1..2"]).unwrap_err(), "the farm has no builders `x68`");
        assert_eq!(points(&["aarch64=1..2"]).unwrap_err(), "aarch64 is built by several groups");
        let told = points(&["x86.max_jobs=1..2"]).unwrap_err();
        assert_eq!(told, "`max_jobs` of builders `x86` cannot be varied");
        assert_eq!(points(&["x86=1..2", "x86_64=1..2"]).unwrap_err(), "`x86` is varied twice");
        assert!(points(&["x86=1..20000"]).unwrap_err().contains("more than 10000"));
        for wrong in [
            "x86",
            "=1..2",
            "x86=2..1",
            "x86=1..2:0",
            "x86=a..2",
            "x86.capacity=0..2",
            "x86=0.5..1",
            "x86=4000000000",
            "x86=1..100001",
        ] {
            assert!(wrong.parse::<Vary>().is_err(), "{wrong}");
        }
    }
}
