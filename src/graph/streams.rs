//! The loaded streams: name and stream to the range of their modules.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Kind, Module, NodeIx};
use crate::name::{ModuleName, NameStream, StreamName};

/// The suffix of modules with the content that the module without it filtered out.
const DEVEL: &str = "-devel";

/// The loaded streams, sorted by name and stream; modules are sorted likewise, so that each stream
/// is a range of them.
#[derive(Debug, Default)]
pub(super) struct Streams {
    all: Vec<LoadedStream>,
    names: FxHashMap<ModuleName, Range<usize>>,
}

/// One loaded `name:stream`.
#[derive(Debug)]
pub(super) struct LoadedStream {
    pub(super) id: NameStream,
    modules: Range<u32>,
    /// Position of the stream whose build also makes this one.
    made_by: Option<usize>,
}

impl LoadedStream {
    pub(super) fn modules(&self) -> impl Iterator<Item = NodeIx> + use<> {
        self.modules.clone().map(NodeIx)
    }
}

impl Streams {
    /// Indexes modules that are sorted by name and stream.
    pub(super) fn new(modules: &[Module]) -> Self {
        let mut streams = Self::default();
        for (index, module) in modules.iter().enumerate() {
            let at = NodeIx::from_index(index).0;
            match streams.all.last_mut() {
                Some(last) if last.id.name == module.name && last.id.stream == module.stream => {
                    last.modules.end = at + 1;
                }
                _ => streams.push(module.name_stream(), at),
            }
        }
        streams
    }

    fn push(&mut self, id: NameStream, at: u32) {
        let position = self.all.len();
        let range = self.names.entry(id.name.clone()).or_insert(position..position);
        range.end = position + 1;
        self.all.push(LoadedStream { id, modules: at..at + 1, made_by: None });
    }

    /// Marks each `X-devel:S` whose every context repeats component names of `X:S` as made by it.
    pub(super) fn mark_by_products(&mut self, modules: &mut [Module]) {
        for position in 0..self.all.len() {
            let Some(maker) = self.maker_of(position, modules) else { continue };
            self.all[position].made_by = Some(maker);
            for module in self.all[position].modules() {
                modules[module.index()].kind = Kind::ByProduct;
            }
        }
    }

    fn maker_of(&self, position: usize, modules: &[Module]) -> Option<usize> {
        let devel = &self.all[position];
        let name = devel.id.name.as_str().strip_suffix(DEVEL)?;
        let maker = self.position(name, &devel.id.stream)?;
        let repeats = |by_product: NodeIx| {
            let keys = &modules[by_product.index()].components;
            !keys.is_empty()
                && self.all[maker].modules().any(|made| {
                    let of = &modules[made.index()].components;
                    keys.keys().all(|key| of.contains_key(key))
                })
        };
        devel.modules().all(repeats).then_some(maker)
    }

    /// Returns every loaded stream of a name, sorted by stream.
    pub(super) fn of_name(&self, name: &str) -> &[LoadedStream] {
        self.names.get(name).map_or(&[], |range| &self.all[range.clone()])
    }

    fn position(&self, name: &str, stream: &StreamName) -> Option<usize> {
        let range = self.names.get(name)?.clone();
        let found = self.all[range.clone()].binary_search_by(|entry| entry.id.stream.cmp(stream));
        found.ok().map(|offset| range.start + offset)
    }

    /// Returns a loaded stream.
    pub(super) fn find(&self, name: &str, stream: &StreamName) -> Option<&LoadedStream> {
        self.position(name, stream).map(|position| &self.all[position])
    }

    /// Returns the stream whose build makes this one: another for a by-product, else itself.
    pub(super) fn maker<'a>(&'a self, stream: &'a LoadedStream) -> &'a LoadedStream {
        stream.made_by.map_or(stream, |position| &self.all[position])
    }

    /// Returns all loaded streams, sorted by name and stream.
    pub(super) fn all(&self) -> &[LoadedStream] {
        &self.all
    }
}
