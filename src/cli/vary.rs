//! `--vary NAME[.count|.capacity]=A..B[:STEP]`: which farms a sweep tries.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use modplan::farm::{BuilderGroup, Farm};
use modplan::name::nearest;

use super::status::Refusal;

/// More farms than this are a slip of the keyboard.
const FARMS_MAX: usize = 10_000;

/// One number of the farm, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vary {
    name: String,
    what: What,
    first: u32,
    last: u32,
    step: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Count,
    Capacity,
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
        let (range, step) = range.split_once(':').unwrap_or((range, "1"));
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        let number = |text: &str| {
            text.parse::<u32>().map_err(|_| format!("`{text}` is no whole number from 0"))
        };
        let vary = Self {
            name: name.to_owned(),
            what,
            first: number(first)?,
            last: number(last)?,
            step: number(step)?,
        };
        if vary.name.is_empty() {
            return Err("a name is missing before `=`".to_owned());
        }
        if vary.first > vary.last {
            return Err(format!("the range ends at {} before it begins", vary.last));
        }
        if vary.step == 0 {
            return Err("a step of 0 goes nowhere".to_owned());
        }
        if vary.what == What::Capacity && vary.first == 0 {
            return Err("a builder without capacity takes nothing: begin at 1".to_owned());
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

    fn values(&self) -> impl Iterator<Item = u32> {
        let step = usize::try_from(self.step).unwrap_or(usize::MAX);
        (self.first..=self.last).step_by(step)
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

/// A farm, and what was varied in it.
pub(crate) type Varied = (Farm, BTreeMap<String, u32>);

/// Returns every farm to try, the last named number changing fastest, with what was varied.
pub(crate) fn farms(base: &Farm, varied: &[Vary]) -> Result<Vec<Varied>, Refusal> {
    let mut farms = vec![(base.clone(), BTreeMap::new())];
    for vary in varied {
        let at = vary.group(base)?;
        let key = vary.key(&base.builders[at].name);
        if farms[0].1.contains_key(&key) {
            return Err(Refusal::usage(format!("`{key}` is varied twice")));
        }
        let values = vary.values().count();
        if values.saturating_mul(farms.len()) > FARMS_MAX {
            return Err(Refusal::usage(format!("--vary asks for more than {FARMS_MAX} farms"))
                .hint("give a STEP: NAME=A..B:STEP"));
        }
        let with = |(farm, builders): &Varied, value: u32| {
            let (mut farm, mut builders) = (farm.clone(), builders.clone());
            match vary.what {
                What::Count => farm.builders[at].count = value,
                What::Capacity => farm.builders[at].capacity = f64::from(value),
            }
            builders.insert(key.clone(), value);
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
        Ok(farms.iter().map(|(_, builders)| format!("{builders:?}")).collect())
    }

    #[test]
    fn ranges_hold_both_ends_and_combine() {
        let told = points(&["x86=10..20:5", "arm-big.capacity=2..3"]).unwrap();
        assert_eq!(told.len(), 6);
        assert_eq!(told[1], r#"{"arm-big.capacity": 3, "x86": 10}"#);
        assert_eq!(points(&["x86.count=1..4:2"]).unwrap(), [r#"{"x86": 1}"#, r#"{"x86": 3}"#]);
        // An arch that one group builds stands for the group; a single number is a range of one.
        assert_eq!(points(&["i686=7"]).unwrap(), [r#"{"x86": 7}"#]);
    }

    #[test]
    fn what_cannot_be_varied_is_refused_in_words() {
        assert_eq!(points(&["x68=1..2"]).unwrap_err(), "the farm has no builders `x68`");
        assert_eq!(points(&["aarch64=1..2"]).unwrap_err(), "aarch64 is built by several groups");
        assert_eq!(points(&["x86=1..2", "x86_64=1..2"]).unwrap_err(), "`x86` is varied twice");
        assert!(points(&["x86=1..20000"]).unwrap_err().contains("more than 10000"));
        for wrong in ["x86", "=1..2", "x86=2..1", "x86=1..2:0", "x86=a..2", "x86.capacity=0..2"] {
            assert!(wrong.parse::<Vary>().is_err(), "{wrong}");
        }
    }
}
