//! The labels of subtasks that build components: koji answers the same label with the same subtask.

/// Where a component stands in the plan: its batch and its place there, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) batch: u32,
    pub(super) index: u32,
}

/// What a label says of a subtask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) place: Place,
    /// Which try, from 1.
    pub(super) attempt: u32,
}

impl Label {
    /// Returns the label as koji keeps it. koji answers the same label with the same subtask, so another try
    /// has another one.
    pub(super) fn text(self) -> String {
        let Place { batch, index } = self.place;
        match self.attempt {
            1 => format!("build {batch},{index}"),
            attempt => format!("build {batch},{index} try {attempt}"),
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("build ")?;
        let (place, attempt) = rest.split_once(" try ").unwrap_or((rest, "1"));
        let (batch, index) = place.split_once(',')?;
        let place = Place { batch: batch.parse().ok()?, index: index.parse().ok()? };
        Some(Self { place, attempt: attempt.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_batch_place_and_try() {
        let place = Place { batch: 1, index: 12 };
        for (label, text) in [
            (Label { place, attempt: 1 }, "build 1,12"),
            (Label { place, attempt: 3 }, "build 1,12 try 3"),
        ] {
            assert_eq!(label.text(), text);
            assert_eq!(Label::read(text), Some(label));
        }
        for other in ["wait 0", "build 1", "build a,b", "build 1,2 try", "srpm", ""] {
            assert_eq!(Label::read(other), None, "{other}");
        }
    }
}
