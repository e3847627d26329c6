//! A column of whole numbers in as few bytes as they need.

/// Whole numbers in order, each in as many bytes as the largest of them needs; where all are the same,
/// none.
#[derive(Clone, Debug)]
pub(super) enum Column {
    Same { value: u64, count: usize },
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Words(Vec<u32>),
    Longs(Vec<u64>),
}

impl Default for Column {
    fn default() -> Self {
        Self::Same { value: 0, count: 0 }
    }
}

impl Column {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Same { count, .. } => *count,
            Self::Bytes(all) => all.len(),
            Self::Shorts(all) => all.len(),
            Self::Words(all) => all.len(),
            Self::Longs(all) => all.len(),
        }
    }

    /// Returns the number at a place.
    pub(super) fn at(&self, place: usize) -> u64 {
        match self {
            Self::Same { value, .. } => *value,
            Self::Bytes(all) => all[place].into(),
            Self::Shorts(all) => all[place].into(),
            Self::Words(all) => all[place].into(),
            Self::Longs(all) => all[place],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    pub(super) fn push(&mut self, number: u64) {
        let has_room = match self {
            Self::Same { value, count } if *value == number || *count == 0 => {
                *value = number;
                *count += 1;
                true
            }
            Self::Same { .. } => false,
            Self::Bytes(all) => push(all, number),
            Self::Shorts(all) => push(all, number),
            Self::Words(all) => push(all, number),
            Self::Longs(all) => push(all, number),
        };
        if !has_room {
            self.widen(number);
            self.push(number);
        }
    }

    /// Makes room for a number that does not fit.
    fn widen(&mut self, number: u64) {
        let largest = self.iter().max().unwrap_or_default().max(number);
        let numbers = self.iter();
        *self = match largest {
            0..=0xff => Self::Bytes(numbers.map(narrow).collect()),
            0x100..=0xffff => Self::Shorts(numbers.map(narrow).collect()),
            0x1_0000..=0xffff_ffff => Self::Words(numbers.map(narrow).collect()),
            _ => Self::Longs(numbers.collect()),
        };
    }
}

/// Appends a number where it fits; returns whether it does.
fn push<N: TryFrom<u64>>(all: &mut Vec<N>, number: u64) -> bool {
    N::try_from(number).map(|number| all.push(number)).is_ok()
}

fn narrow<N: TryFrom<u64>>(number: u64) -> N {
    N::try_from(number).ok().expect("the largest of them fits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_any_width_gives_back_what_was_put_in() {
        let numbers = [7, 7, 9, 255, 256, 0, 65_535, 65_536, 1, u64::from(u32::MAX), 1 << 40, 3];
        let mut column = Column::default();
        for (count, &number) in (1..).zip(&numbers) {
            column.push(number);
            assert_eq!(column.len(), count);
            assert_eq!(column.iter().collect::<Vec<u64>>(), numbers[..count]);
        }
        assert!(matches!(column, Column::Longs(_)));
    }

    #[test]
    fn a_column_is_as_wide_as_its_largest_number_and_nothing_where_all_are_the_same() {
        let of = |numbers: &[u64]| {
            let mut column = Column::default();
            numbers.iter().for_each(|&number| column.push(number));
            column
        };
        assert!(matches!(of(&[1 << 50; 3]), Column::Same { count: 3, .. }));
        assert!(matches!(of(&[0, 255]), Column::Bytes(_)));
        assert!(matches!(of(&[0, 256]), Column::Shorts(_)));
        assert!(matches!(of(&[0, 65_536]), Column::Words(_)));
        assert!(matches!(of(&[1 << 32, 1]), Column::Longs(_)));
    }
}
