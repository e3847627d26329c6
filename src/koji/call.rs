//! A call: its method, and arguments as koji passes them.
//!
//! Positional arguments come first; named arguments go into a last struct with the member
//! `__starstar`. A typed call ([`Call`]) is written like the official client does: required
//! arguments by position, optional ones by name. The [`Spelling`] of a recorded call keeps a
//! different choice, so that the call can be written again unchanged.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::{Fault, FaultKind};
use super::value::Value;

/// The member that marks a struct of named arguments.
const STARSTAR: &str = "__starstar";

/// A call of one of koji's methods, with its parameters as fields.
pub trait Call: Serialize + DeserializeOwned {
    /// The answer of the hub.
    type Answer: Serialize + DeserializeOwned;
    /// The method.
    const METHOD: &'static str;
    /// The parameters in koji's order.
    const PARAMETERS: &'static [&'static str];
    /// The number of required, and therefore positional, arguments.
    const REQUIRED: usize;
    /// The field for arguments of other names, if the method accepts them.
    const REST: Option<&'static str>;

    /// Returns the arguments as the official client spells them.
    fn arguments(&self) -> Arguments {
        let mut fields = fields_of(self, Self::REST);
        let positional = Self::PARAMETERS[..Self::REQUIRED].iter();
        let positional = positional.map(|name| fields.remove(*name).unwrap_or_default()).collect();
        let named = fields.into_iter().filter(|(_, value)| !value.is_nil()).collect();
        Arguments { positional, named }
    }

    /// Returns the arguments in a given spelling.
    fn spelled(&self, spelling: &Spelling) -> Arguments {
        let mut fields = fields_of(self, Self::REST);
        let positional = Self::PARAMETERS.iter().take(spelling.positional);
        let positional = positional.map(|name| fields.remove(*name).unwrap_or_default()).collect();
        let value = |name: &String| (name.clone(), fields.get(name).cloned().unwrap_or_default());
        Arguments { positional, named: spelling.named.iter().map(value).collect() }
    }

    /// Reads the call from arguments; mismatched arguments give koji's fault.
    fn of(arguments: Arguments) -> Result<Self, Fault> {
        let bound = arguments.bind(Self::PARAMETERS, Self::REST)?;
        for name in &Self::PARAMETERS[..Self::REQUIRED] {
            if !bound.contains_key(*name) {
                return Err(parameter(format!("missing a required argument: '{name}'")));
            }
        }
        Value::Struct(bound).read().map_err(|mismatch| {
            Fault::of(
                FaultKind::Generic,
                format!("Invalid parameter in {}: {mismatch}", Self::METHOD),
            )
        })
    }
}

/// Returns the fields of a call by name, including those of the rest.
fn fields_of(call: &impl Serialize, rest: Option<&str>) -> BTreeMap<String, Value> {
    let Value::Struct(mut fields) = Value::of(call) else { return BTreeMap::new() };
    if let Some(Value::Struct(others)) = rest.and_then(|rest| fields.remove(rest)) {
        fields.extend(others);
    }
    fields
}

fn parameter(text: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Parameter, text)
}

/// The arguments of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    /// By position.
    pub positional: Vec<Value>,
    /// By name.
    pub named: BTreeMap<String, Value>,
}

/// Which arguments of a call are positional and which are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// The number of positional arguments.
    pub positional: usize,
    /// The names of the others.
    pub named: Vec<String>,
}

impl Arguments {
    /// Splits the parameters of a call.
    #[must_use]
    pub fn of(mut params: Vec<Value>) -> Self {
        let has_names = |value: &Value| value.get(STARSTAR) == Some(&Value::Bool(true));
        if !params.last().is_some_and(has_names) {
            return Self { positional: params, named: BTreeMap::new() };
        }
        let Some(Value::Struct(mut named)) = params.pop() else { unreachable!("it has a member") };
        named.remove(STARSTAR);
        Self { positional: params, named }
    }

    /// Puts together the parameters of a call.
    #[must_use]
    pub fn into_params(self) -> Vec<Value> {
        let mut params = self.positional;
        if !self.named.is_empty() {
            let mut named = self.named;
            named.insert(STARSTAR.to_owned(), Value::Bool(true));
            params.push(Value::Struct(named));
        }
        params
    }

    /// Returns the spelling of the arguments.
    #[must_use]
    pub fn spelling(&self) -> Spelling {
        Spelling { positional: self.positional.len(), named: self.named.keys().cloned().collect() }
    }

    /// Gives each argument its name, as Python does; a nil is an omitted argument.
    fn bind(
        self,
        parameters: &[&str],
        rest: Option<&str>,
    ) -> Result<BTreeMap<String, Value>, Fault> {
        if self.positional.len() > parameters.len() {
            return Err(parameter("too many positional arguments"));
        }
        let mut others = BTreeMap::new();
        let names = parameters.iter().map(|&name| name.to_owned());
        let mut bound: BTreeMap<String, Value> = names.zip(self.positional).collect();
        for (name, value) in self.named {
            if !parameters.contains(&name.as_str()) {
                if rest.is_none() {
                    return Err(parameter(format!("got an unexpected keyword argument '{name}'")));
                }
                others.insert(name, value);
                continue;
            }
            if let Some(twice) = bound.insert(name.clone(), value) {
                drop(twice);
                return Err(parameter(format!("multiple values for argument '{name}'")));
            }
        }
        if let Some(rest) = rest {
            bound.insert(rest.to_owned(), Value::Struct(others));
        }
        Ok(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::koji::calls::{CreateTag, EditTag2, GetTag};

    fn text(text: &str) -> Value {
        text.into()
    }

    #[test]
    fn what_is_required_stands_by_position_and_what_was_chosen_by_name() {
        let call =
            CreateTag { name: "f99".into(), arches: Some("x86_64".into()), ..CreateTag::default() };
        let params = call.arguments().into_params();
        assert_eq!(params[0], text("f99"));
        assert_eq!(params[1].get("arches"), Some(&text("x86_64")));
        assert_eq!(params[1].get("__starstar"), Some(&Value::Bool(true)));
        assert_eq!(params[1].get("parent"), None);
        assert_eq!(CreateTag::of(Arguments::of(params)), Ok(call));
    }

    #[test]
    fn a_call_is_written_again_as_it_was_spelled() {
        let params = vec![text("f99"), Value::Nil, text("x86_64")];
        let arguments = Arguments::of(params.clone());
        let spelling = arguments.spelling();
        let call = CreateTag::of(arguments).expect("it fits");
        assert_eq!(call.spelled(&spelling).into_params(), params);
    }

    #[test]
    fn other_names_are_kept_where_the_method_takes_them_and_refused_elsewhere() {
        let named = |name: &str| Arguments {
            positional: vec![text("f99")],
            named: BTreeMap::from([(name.to_owned(), Value::Bool(true))]),
        };
        let edit = EditTag2::of(named("locked")).expect("it fits");
        assert_eq!(edit.arguments(), named("locked"));
        let fault = GetTag::of(named("locked")).expect_err("getTag has no `locked`");
        assert_eq!(fault.kind, FaultKind::Parameter);
        assert_eq!(fault.text, "got an unexpected keyword argument 'locked'");
    }

    #[test]
    fn arguments_that_do_not_fit_are_koji_faults() {
        let many = Arguments::of(vec![Value::Nil; 9]);
        assert_eq!(GetTag::of(many).expect_err("too many").text, "too many positional arguments");
        let none = GetTag::of(Arguments::default()).expect_err("none");
        assert_eq!(none.text, "missing a required argument: 'tagInfo'");
        let wrong = GetTag::of(Arguments::of(vec![Value::List(Vec::new())])).expect_err("a list");
        assert_eq!(wrong.kind, FaultKind::Generic);
    }
}
