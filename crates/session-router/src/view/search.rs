//! Compares texts as people search them: without regard to case, diacritics and compatibility forms.
//!
//! The page does the same (`src/state/search.ts`).

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Letters with diacritics that Unicode does not decompose.
const LETTERS: [(char, &str); 7] = [
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ŧ', "t"),
    ('æ', "ae"),
    ('œ', "oe"),
];

/// Folds a text for a search: compatibility decomposition (NFKD) without diacritics and invisible
/// characters, then case folding.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let category = CodePointMapData::<GeneralCategory>::new();
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(decomposed.len());
    for c in decomposed.chars() {
        let is_mark = matches!(
            category.get(c),
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
        );
        if is_mark || invisible.contains(c) {
            continue;
        }
        // Through upper case, so that `ß` and `ẞ` are `ss`.
        let lower = c.to_lowercase().flat_map(char::to_uppercase);
        for c in lower.flat_map(char::to_lowercase) {
            match LETTERS.iter().find(|(letter, _)| *letter == c) {
                Some((_, plain)) => folded.push_str(plain),
                None => folded.push(c),
            }
        }
    }
    folded
}

/// Whether any of these texts contains a text that is folded.
pub(super) fn mention<'a>(
    known: impl IntoIterator<Item = Option<&'a String>>,
    wanted: &str,
) -> bool {
    let mut known = known.into_iter().flatten();
    known.any(|text| fold(text).contains(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_search_are_folded() {
        for (text, wanted) in [
            ("Zoe\u{301}", "zoé"),
            ("Zoé", "zoe\u{301}"),
            ("ZOÉ Lee", "zoe l"),
            ("Семён", "семен"),
            ("Семен", "СЕМЁН"),
            ("Straße", "STRASSE"),
            ("STRASSE", "straße"),
            ("STRAẞE", "strasse"),
            ("Ａｎｎ　Ｌｅｅ", "ann lee"),
            ("Ann Lee", "ａｎｎ"),
            ("ﬁne №5", "fine no5"),
            ("Łukasz Ørsted", "lukasz orsted"),
            ("İstanbul ISPARTA", "istanbul ısparta"),
            ("Ægir", "aegir"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσεύς"),
            ("ὀδυσσεύς", "ΟΔΥΣΣΕΥ"),
            ("A\u{200b}n\u{ad}n", "ann"),
            ("Z\u{335}\u{327}a\u{489}l\u{361}go", "zalgo"),
            ("ガ", "ｶﾞ"),
            ("한국", "\u{1112}\u{1161}\u{11ab}국"),
            ("x²", "X2"),
            ("\u{a0}a\u{a0}b", "a b"),
        ] {
            let (text, wanted) = (fold(text), fold(wanted));
            assert!(text.contains(&wanted), "{text:?} {wanted:?}");
        }
        for (text, wanted) in [("Zoe", "zob"), ("Ж", "З"), ("ss", "s s")] {
            assert!(!fold(text).contains(&fold(wanted)), "{text} {wanted}");
        }
    }

    #[test]
    fn a_folded_text_stays_as_it_is_when_folded_again() {
        for text in [
            "ΐ", "ŉ", "ǰ", "ẞ", "İ", "ﬃ", "ᾳ", "ϴ", "K", "ᏸ", "\u{345}", "㎏",
        ] {
            let folded = fold(text);
            assert_eq!(fold(&folded), folded, "{text:?}");
        }
    }
}
