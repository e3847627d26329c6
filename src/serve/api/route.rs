//! From the path of a request to what is asked, and the answers of everything that only reads.

use serde_json::{Value, json};

use super::columns;
use super::messages::messages;
use super::order::order;
use super::paging::Page;
use super::render::{Level, component_json, module_json};
use super::{Query, Refusal, Rules, Status, components, filters};
use crate::serve::Book;

const PREFIX: &str = "/module-build-service/";

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A submission answers the first build.
    One,
    /// A submission answers every build.
    Two,
}

impl Version {
    /// Returns the beginning of its paths.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::One => "/module-build-service/1/",
            Self::Two => "/module-build-service/2/",
        }
    }
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// What the service is.
    About,
    /// How much may be reused.
    Strategies,
    /// All module builds.
    Builds,
    /// A module build.
    Build(u64),
    /// What people should know of it.
    BuildMessages(u64),
    /// All components.
    Components,
    /// A component.
    Component(u64),
    /// What people should know of it.
    ComponentMessages(u64),
    /// Where modules are imported.
    Import,
    /// The documents of a finished module build.
    FinalModulemd(u64),
}

impl Path {
    /// Reads the path of an address; a slash at its end may be there or not.
    ///
    /// # Errors
    /// 404: there is no such version of the API, or no such path in it.
    pub fn read(path: &str) -> Result<(Version, Self), Refusal> {
        let missing = || Refusal::new(Status::NotFound, "There is nothing at this address");
        let rest = path.strip_prefix(PREFIX).ok_or_else(missing)?;
        let mut parts = rest.trim_end_matches('/').split('/');
        let version = match parts.next() {
            Some("1") => Version::One,
            Some("2") => Version::Two,
            Some(_) | None => {
                let message = "The requested API version is not available";
                return Err(Refusal::new(Status::NotFound, message));
            }
        };
        let parts: Vec<&str> = parts.collect();
        let id = |text: &str| text.parse::<u64>().map_err(|_| missing());
        let found = match parts.as_slice() {
            ["about"] => Self::About,
            ["rebuild-strategies"] => Self::Strategies,
            ["module-builds"] => Self::Builds,
            ["module-builds", number] => Self::Build(id(number)?),
            ["module-builds", number, "messages"] => Self::BuildMessages(id(number)?),
            ["component-builds"] => Self::Components,
            ["component-builds", number] => Self::Component(id(number)?),
            ["component-builds", number, "messages"] => Self::ComponentMessages(id(number)?),
            ["import-module"] => Self::Import,
            ["final-modulemd", number] => Self::FinalModulemd(id(number)?),
            _ => return Err(missing()),
        };
        Ok((version, found))
    }
}

/// A request that only reads.
#[derive(Clone, Copy, Debug)]
pub struct Get<'r> {
    /// The version of the API.
    pub version: Version,
    /// What is asked for.
    pub path: Path,
    /// The parameters.
    pub query: &'r Query,
    /// The address of the service as whoever asks knows it, `http://host:port`.
    pub host: &'r str,
}

/// Answers a request that only reads.
///
/// # Errors
/// 400 for an invalid parameter, 404 for what is not there, 405 for what is only written.
pub fn read(get: Get<'_>, book: &Book, rules: &Rules) -> Result<Value, Refusal> {
    let Get { version, path, query, .. } = get;
    let of_build = |id: u64| book.get(id).ok_or_else(Refusal::no_module);
    let of_component = |id: u64| {
        let missing = || Refusal::new(Status::NotFound, "No such component found.");
        book.component(id).ok_or_else(missing)
    };
    match path {
        Path::About => Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "api_version": 2,
            "auth_method": rules.auth_method,
        })),
        Path::Strategies => Ok(strategies()),
        Path::Builds => builds(get, book),
        Path::Build(id) => Ok(module_json(of_build(id)?, book, Level::of(query), version)),
        Path::BuildMessages(id) => {
            let address = get.address(&format!("module-builds/{id}/messages"));
            Ok(messages(of_build(id)?, None, &address, query))
        }
        Path::Components => component_list(get, book),
        Path::Component(id) => {
            let (build, component) = of_component(id)?;
            Ok(component_json(build, component, query.flag("verbose"), version))
        }
        Path::ComponentMessages(id) => {
            let (build, component) = of_component(id)?;
            let address = get.address(&format!("component-builds/{id}/messages"));
            Ok(messages(build, Some(&component.component), &address, query))
        }
        Path::FinalModulemd(id) => {
            of_build(id)?;
            let message = "Only the hub has the final documents of this build";
            Err(Refusal::new(Status::NotFound, message))
        }
        Path::Import => Err(Refusal::new(Status::MethodNotAllowed, "Modules are imported by POST")),
    }
}

impl Get<'_> {
    fn address(&self, rest: &str) -> String {
        format!("{}{}{rest}", self.host, self.version.path())
    }
}

fn builds(get: Get<'_>, book: &Book) -> Result<Value, Refusal> {
    let Get { version, query, .. } = get;
    let own = format!("{}module-builds/", version.path());
    let mut rows = filters::filtered(book, query, &own)?;
    order(&mut rows, query, |build, name| columns::module(build, name))?;
    let (page, level) = (Page::of(query), Level::of(query));
    let item = |build: &&std::sync::Arc<crate::serve::ModuleBuild>| {
        module_json(build, book, level, version)
    };
    let items: Vec<Value> = page.cut(&rows).iter().map(item).collect();
    let meta = page.meta(rows.len(), &get.address("module-builds/"), query);
    Ok(json!({"items": items, "meta": meta}))
}

fn component_list(get: Get<'_>, book: &Book) -> Result<Value, Refusal> {
    let Get { version, query, .. } = get;
    let own = format!("{}component-builds/", version.path());
    let mut rows = components::filtered(book, query, &own)?;
    order(&mut rows, query, |(build, one), name| columns::component(build, one, name))?;
    let page = Page::of(query);
    let item = |(build, one): &components::Row<'_>| {
        component_json(build, one, query.flag("verbose"), version)
    };
    let items: Vec<Value> = page.cut(&rows).iter().map(item).collect();
    let meta = page.meta(rows.len(), &get.address("component-builds/"), query);
    Ok(json!({"items": items, "meta": meta}))
}

/// Lists how much of earlier builds may be reused: nothing is, so every component of a build has its own dist
/// tag.
fn strategies() -> Value {
    let strategy = |name: &str, description: &str| {
        let is_it = name == "all";
        json!({"name": name, "description": description, "allowed": is_it, "default": is_it})
    };
    json!({"items": [
        strategy("all", "All components will be rebuilt"),
        strategy(
            "changed-and-after",
            "All components that have changed and those in subsequent batches will be rebuilt",
        ),
        strategy("only-changed", "All changed components will be rebuilt"),
    ]})
}
