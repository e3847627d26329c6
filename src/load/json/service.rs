//! The service of a row, recognised by its keys.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The services that rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Service {
    /// The Product Definition Center.
    Pdc,
    /// A Module Build Service.
    Mbs,
    /// koji, whose builds of modules carry their modulemd.
    Koji,
}

/// Returns whether a text has one of the keys by which rows are known.
pub(in crate::load) fn has_service_key(text: &[u8]) -> bool {
    let keys = [
        "\"results\"",
        "\"items\"",
        "\"uid\"",
        "\"variant_uid\"",
        "\"koji_tag\"",
        "\"component_builds\"",
        "\"modulemd_str\"",
    ];
    keys.iter().any(|key| memchr::memmem::find(text, key.as_bytes()).is_some())
}

#[derive(Deserialize)]
struct Keys {
    uid: Option<IgnoredAny>,
    variant_uid: Option<IgnoredAny>,
    koji_tag: Option<IgnoredAny>,
    build_deps: Option<IgnoredAny>,
    runtime_deps: Option<IgnoredAny>,
    state_name: Option<IgnoredAny>,
    component_builds: Option<IgnoredAny>,
    extra: Option<Extra>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Extra {
    Module { typeinfo: TypeInfo },
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct TypeInfo {
    #[serde(rename = "module")]
    _module: IgnoredAny,
}

impl Service {
    /// Returns the service of a row; `None` if its keys do not tell.
    pub(super) fn of(row: &str) -> Option<Self> {
        let keys: Keys = serde_json::from_str(row).ok()?;
        let has_uid = keys.uid.is_some() || keys.variant_uid.is_some();
        let has_pdc_field =
            keys.koji_tag.is_some() || keys.build_deps.is_some() || keys.runtime_deps.is_some();
        match keys.extra {
            Some(Extra::Module { typeinfo: TypeInfo { _module } }) => Some(Self::Koji),
            _ if keys.state_name.is_some() || keys.component_builds.is_some() => Some(Self::Mbs),
            _ => (has_uid && has_pdc_field).then_some(Self::Pdc),
        }
    }
}
