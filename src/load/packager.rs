//! Packager documents, and the streams that a build system makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::stream::BuildOpts;
use super::{Defaults, Dependencies, Place, Requirement, Stream};
use crate::name::{Arch, Context, ModuleName, StreamName};

/// One document of a packager file.
#[derive(Clone, Debug, PartialEq)]
pub enum PackagerDocument {
    /// A packager document of version 3.
    Packager(Box<Packager>),
    /// A stream, or a packager document of version 2, which is a stream with fields left out.
    Stream(Box<Stream>),
}

impl PackagerDocument {
    /// Returns why it cannot be converted to streams, if so.
    #[must_use]
    pub fn not_convertible(&self) -> Option<ConversionError> {
        match self {
            Self::Packager(packager) => packager.streams().err(),
            // Missing fields of a stream were reported when it was read.
            Self::Stream(_) => None,
        }
    }
}

/// A packager document of version 3.
#[derive(Clone, Debug, PartialEq)]
pub struct Packager {
    /// The fields shared by all configurations; name and stream may be empty.
    pub common: Stream,
    /// In the order of their contexts.
    pub configurations: Vec<Configuration>,
}

/// One way of building the module; its context is kept as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The context of its builds.
    pub context: Context,
    /// The stream of `platform` it is built on and for.
    pub platform: StreamName,
    /// Needed in the buildroot, one stream each.
    pub buildrequires: BTreeMap<ModuleName, Requirement>,
    /// Needed at run time, one stream each.
    pub requires: BTreeMap<ModuleName, Requirement>,
    /// Its own `buildopts`, if written.
    pub buildopts: Option<BuildOpts>,
    /// Its place.
    pub place: Place,
}

/// Why a packager document cannot become streams.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// It lists no configuration.
    #[error("the packager document has no configurations")]
    NoConfiguration,
    /// A mandatory text is missing.
    #[error("`{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A component requests an arch that its configuration excludes.
    #[error(
        "component `{component}` requests {arch}, which the configuration `{context}` excludes"
    )]
    Arch {
        /// The component's key.
        component: crate::name::ComponentKey,
        /// The arch it asks for.
        arch: Arch,
        /// The configuration.
        context: Context,
    },
}

/// The name that the reference gives a module without one.
const UNNAMED_MODULE: &str = "__unnamed_module_0";
/// The name that the reference gives a stream without one.
const UNNAMED_STREAM: &str = "__unnamed_stream_0";

impl Packager {
    /// Makes one stream of each configuration, its context kept.
    ///
    /// # Errors
    ///
    /// A field required in a built module is missing.
    pub fn streams(&self) -> Result<Vec<Stream>, ConversionError> {
        if self.configurations.is_empty() {
            return Err(ConversionError::NoConfiguration);
        }
        self.configurations.iter().map(|configuration| self.stream_of(configuration)).collect()
    }

    /// Returns the fields of every stream; default profiles are returned by another function.
    fn shared(&self) -> Stream {
        let mut stream = self.common.clone();
        stream.about.profiles.values_mut().for_each(|profile| profile.is_default = false);
        stream
    }

    fn stream_of(&self, configuration: &Configuration) -> Result<Stream, ConversionError> {
        let mut stream = self.shared();
        if stream.name.as_str().is_empty() {
            stream.name = UNNAMED_MODULE.into();
        }
        if stream.stream.as_str().is_empty() {
            stream.stream = UNNAMED_STREAM.into();
        }
        stream.context = Some(configuration.context.clone());
        stream.dependencies = Arc::new(vec![configuration.dependencies()]);
        stream.set_buildopts(configuration.buildopts.clone());
        self.check_texts()?;
        check_arches(&stream, configuration)?;
        Ok(stream)
    }

    /// Makes a single stream, one combination of dependencies for each configuration.
    ///
    /// # Errors
    ///
    /// A mandatory text is missing.
    pub fn stream(&self) -> Result<Stream, ConversionError> {
        self.check_texts()?;
        let mut stream = self.shared();
        if let [only] = self.configurations.as_slice() {
            stream.context = Some(only.context.clone());
        }
        let groups = self.configurations.iter().map(Configuration::dependencies);
        stream.dependencies = Arc::new(groups.collect());
        stream.set_buildopts(self.configurations.first().and_then(|first| first.buildopts.clone()));
        Ok(stream)
    }

    /// Returns the defaults from profiles marked as such, if module and stream are named.
    #[must_use]
    pub fn defaults(&self) -> Option<Defaults> {
        let Stream { name, stream, about, place, .. } = &self.common;
        let profiles: BTreeSet<Box<str>> = about
            .profiles
            .iter()
            .filter(|(_, profile)| profile.is_default)
            .map(|(name, _)| name.clone())
            .collect();
        let is_named = !name.as_str().is_empty() && !stream.as_str().is_empty();
        (is_named && !profiles.is_empty()).then(|| Defaults {
            module: name.clone(),
            modified: 0,
            stream: None,
            profiles: [(stream.clone(), profiles)].into(),
            intents: BTreeMap::new(),
            place: *place,
        })
    }

    fn check_texts(&self) -> Result<(), ConversionError> {
        let about = &self.common.about;
        let texts = [("summary", &about.summary), ("description", &about.description)];
        match texts.into_iter().find(|(_, text)| text.is_none()) {
            Some((field, _)) => Err(ConversionError::Missing { field }),
            None => Ok(()),
        }
    }
}

fn check_arches(stream: &Stream, configuration: &Configuration) -> Result<(), ConversionError> {
    if stream.build_arches.is_empty() {
        return Ok(());
    }
    for (key, component) in stream.components.iter() {
        if let Some(arch) = component.arches.difference(&stream.build_arches).next() {
            return Err(ConversionError::Arch {
                component: key.clone(),
                arch: arch.clone(),
                context: configuration.context.clone(),
            });
        }
    }
    Ok(())
}

impl Configuration {
    fn dependencies(&self) -> Dependencies {
        let with_platform = |own: &BTreeMap<ModuleName, Requirement>| {
            let platform =
                Requirement { streams: [self.platform.clone()].into(), place: self.place };
            let mut all = own.clone();
            all.insert("platform".into(), platform);
            all
        };
        Dependencies {
            buildrequires: with_platform(&self.buildrequires),
            requires: with_platform(&self.requires),
        }
    }
}
