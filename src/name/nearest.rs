//! The known word closest to a misspelt one.

/// Returns the known word that `text` most likely meant, if one is close enough: at most one edit
/// per three characters, counting a swap of neighbours as one. Among equals, the first.
pub fn nearest<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let edits_max = text.chars().count().div_ceil(3);
    let near = known.into_iter().filter_map(|word| {
        let edits = strsim::damerau_levenshtein(text, word);
        (edits <= edits_max).then_some((edits, word))
    });
    near.min_by_key(|(edits, _)| *edits).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let known = ["builders", "background", "hub", "repo"];
        assert_eq!(nearest("bulders", known), Some("builders"));
        assert_eq!(nearest("huB", known), Some("hub"));
        assert_eq!(nearest("ropo", known), Some("repo"));
        assert_eq!(nearest("scheduler", known), None);
    }
}
