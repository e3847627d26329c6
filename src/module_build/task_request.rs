//! A whole module build in the request of a `moduleBuild` task: what the hub's plug-in takes, and koji keeps
//! beside the task, so that a task that is resubmitted builds the same.
//!
//! [`TaskRequest::read`] takes it from anybody: the shape is closed and every part has a bound. Whether it may
//! be built is another question, answered by [`task_check`](super::task_check).

use serde::{Deserialize, Serialize};

use crate::koji::Value;
use crate::koji::calls::Map;

/// The most bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// The most components of a module.
pub const COMPONENTS_MAX: usize = 2000;
/// The most batches of a module.
pub const BATCHES_MAX: usize = 500;
/// The most arches of a module.
pub const ARCHES_MAX: usize = 16;
/// The most bytes of a name: of a module, a stream, a context, a package, a tag.
pub const NAME_BYTES_MAX: usize = 200;
/// The most bytes of an address.
pub const URL_BYTES_MAX: usize = 1024;

/// The plan of one module build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRequest {
    /// The module's name.
    pub name: String,
    /// Its stream.
    pub stream: String,
    /// Its version, in digits.
    pub version: String,
    /// Its context.
    pub context: String,
    /// The tag of the platform that it is built on.
    pub platform_tag: String,
    /// The arches that it is built for.
    pub arches: Vec<String>,
    /// Its document, as it is stored: with version and context.
    pub modulemd: String,
    /// Its components, batch by batch.
    pub batches: Vec<Vec<RequestedComponent>>,
    /// Where its own sources are: an address with a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedComponent {
    /// koji's name of its package.
    pub name: String,
    /// Its key in the document, where that is not the name of the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Its source: an address with a full commit.
    pub url: String,
}

impl RequestedComponent {
    /// Returns its key in the document.
    #[must_use]
    pub fn key(&self) -> &str {
        self.component.as_deref().unwrap_or(&self.name)
    }
}

/// Why a value is not the plan of a module build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It has another shape.
    #[error("the plan of the module cannot be read: {0}")]
    Shape(String),
    /// A part is larger than any module needs.
    #[error("the plan has {count} {what}; the limit is {max}")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
}

impl TaskRequest {
    /// Reads the plan of a task's request.
    ///
    /// # Errors
    /// It has another shape, or a part of it is too large.
    pub fn read(plan: &Value) -> Result<Self, RequestError> {
        let mut plan = plan.clone();
        // The plug-in takes the version as a number, too.
        if let Value::Struct(members) = &mut plan
            && let Some(version) = members.get_mut("version")
            && let Value::Int(number) = *version
        {
            *version = Value::Text(number.to_string());
        }
        let request: Self = plan.read().map_err(|mismatch| RequestError::Shape(mismatch.0))?;
        request.check_sizes()?;
        Ok(request)
    }

    /// Returns the plan as it is sent.
    ///
    /// # Panics
    /// Never: it is a struct.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let Value::Struct(members) = Value::of(self) else {
            unreachable!("a struct is written as one")
        };
        members
    }

    /// Returns its components.
    pub fn components(&self) -> impl Iterator<Item = &RequestedComponent> {
        self.batches.iter().flatten()
    }

    /// Returns `name:stream:version:context`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}:{}:{}", self.name, self.stream, self.version, self.context)
    }

    fn check_sizes(&self) -> Result<(), RequestError> {
        let components = self.components().count();
        let fits = |what: &'static str, count: usize, max: usize| match count > max {
            true => Err(RequestError::TooLarge { what, count, max }),
            false => Ok(()),
        };
        fits("bytes of modulemd", self.modulemd.len(), DOCUMENT_BYTES_MAX)?;
        fits("batches", self.batches.len(), BATCHES_MAX)?;
        fits("components", components, COMPONENTS_MAX)?;
        fits("arches", self.arches.len(), ARCHES_MAX)?;
        let own = [&self.name, &self.stream, &self.version, &self.context, &self.platform_tag];
        let keys = self.components().flat_map(|one| [Some(&one.name), one.component.as_ref()]);
        for name in own.into_iter().chain(&self.arches).chain(keys.flatten()) {
            fits("bytes in a name", name.len(), NAME_BYTES_MAX)?;
        }
        for url in self.components().map(|one| &one.url).chain(&self.source) {
            fits("bytes in an address", url.len(), URL_BYTES_MAX)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str, key: Option<&str>) -> RequestedComponent {
        RequestedComponent {
            name: name.to_owned(),
            component: key.map(str::to_owned),
            url: format!("git+https://src.example.org/rpms/{name}#{}", "a".repeat(40)),
        }
    }

    fn request() -> TaskRequest {
        TaskRequest {
            name: "tool".to_owned(),
            stream: "1".to_owned(),
            version: "8020020260101000000".to_owned(),
            context: "c0ffee00".to_owned(),
            platform_tag: "el8-build".to_owned(),
            arches: vec!["x86_64".to_owned()],
            modulemd: "document: modulemd\n".to_owned(),
            batches: vec![vec![component("lib", None)], vec![component("tool", Some("the-tool"))]],
            source: None,
        }
    }

    #[test]
    fn what_is_sent_is_read_back() {
        let sent = Value::Struct(request().to_map());
        assert_eq!(TaskRequest::read(&sent), Ok(request()));
        let Value::Struct(mut members) = sent else { unreachable!() };
        members.insert("version".to_owned(), Value::Int(8_020_020_260_101_000_000));
        assert_eq!(TaskRequest::read(&Value::Struct(members)), Ok(request()));
        let keys: Vec<String> =
            request().components().map(|component| component.key().to_owned()).collect();
        assert_eq!(keys, ["lib", "the-tool"]);
        assert_eq!(request().id(), "tool:1:8020020260101000000:c0ffee00");
    }

    #[test]
    fn another_shape_is_refused_in_words() {
        let with = |key: &str, value: Value| {
            let mut members = request().to_map();
            members.insert(key.to_owned(), value);
            let error = TaskRequest::read(&Value::Struct(members)).expect_err(key);
            error.to_string()
        };
        assert!(with("dest_tag", "f99".into()).contains("unknown field `dest_tag`"));
        assert!(with("arches", "x86_64".into()).contains("invalid type"));
        assert!(with("batches", Value::List(vec!["lib".into()])).contains("invalid type"));
        assert!(with("modulemd", Value::Nil).contains("invalid type"));
        let error = TaskRequest::read(&Value::Nil).expect_err("nothing");
        assert!(error.to_string().starts_with("the plan of the module cannot be read"), "{error}");
    }

    #[test]
    fn every_part_has_a_bound() {
        let too_large = |change: fn(&mut TaskRequest)| {
            let mut request = request();
            change(&mut request);
            let sent = Value::Struct(request.to_map());
            match TaskRequest::read(&sent) {
                Err(RequestError::TooLarge { what, .. }) => what,
                other => panic!("{other:?}"),
            }
        };
        let of = [
            too_large(|request| request.modulemd = "x".repeat(DOCUMENT_BYTES_MAX + 1)),
            too_large(|request| request.batches = vec![Vec::new(); BATCHES_MAX + 1]),
            too_large(|request| {
                request.batches = vec![vec![component("lib", None); COMPONENTS_MAX + 1]];
            }),
            too_large(|request| request.arches = vec!["x86_64".to_owned(); ARCHES_MAX + 1]),
            too_large(|request| request.name = "x".repeat(NAME_BYTES_MAX + 1)),
            too_large(|request| {
                request.batches[1][0].component = Some("x".repeat(NAME_BYTES_MAX + 1));
            }),
            too_large(|request| request.batches[0][0].url = "x".repeat(URL_BYTES_MAX + 1)),
        ];
        let name = "bytes in a name";
        let wanted = ["bytes of modulemd", "batches", "components", "arches"];
        assert_eq!(of[..4], wanted);
        assert_eq!(of[4..], [name, name, "bytes in an address"]);
    }
}
