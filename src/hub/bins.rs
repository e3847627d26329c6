//! Bins: the builders that may take the tasks of one channel and arch.

use std::collections::BTreeMap;

use super::builder::Builder;
use super::builders::Builders;
use super::ids::number;
use super::settings::ArchSet;

/// Who may take a task: a channel, and what its arch demands of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BinKey {
    pub(super) channel: u32,
    /// One of these; `None`: any builder of the channel.
    pub(super) arches: Option<ArchSet>,
}

impl BinKey {
    fn takes(self, builder: &Builder) -> bool {
        let has = self.arches.is_none_or(|set| set.0 & builder.settings.arches.0 != 0);
        has && builder.settings.channels.contains(&self.channel)
    }
}

/// Every bin that some task was in, numbered from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Bins {
    all: Vec<Vec<u32>>,
    numbers: BTreeMap<BinKey, u32>,
}

impl Bins {
    /// Returns the number of a bin.
    pub(super) fn number(&mut self, key: BinKey, builders: &Builders) -> u32 {
        if let Some(&bin) = self.numbers.get(&key) {
            return bin;
        }
        let bin = (0..).zip(builders.iter()).filter(|(_, builder)| key.takes(builder));
        let bin = bin.map(|(at, _)| at).collect();
        let number = number(self.all.len());
        self.all.push(bin);
        self.numbers.insert(key, number);
        number
    }

    /// Returns the builders of a bin, by position.
    pub(super) fn builders(&self, bin: u32) -> &[u32] {
        &self.all[bin as usize]
    }

    pub(super) fn key(&self, bin: u32) -> BinKey {
        let mut keys = self.numbers.iter();
        *keys.find(|(_, number)| **number == bin).expect("every bin has a key").0
    }
}
