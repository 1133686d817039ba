//! Strings with wildcards, and strings in any case.

/// A wildcard pattern: the texts between its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wildcard(Vec<String>);

impl Wildcard {
    /// Compiles a pattern: `*` stands for any text, `\*` and `\\` for themselves.
    ///
    /// # Errors
    /// Where two stars stand together, or a backslash before anything else.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let (mut parts, mut part, mut after_star) = (Vec::new(), String::new(), false);
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if c == '*' && after_star {
                return Err("two stars stand together: write one".to_owned());
            }
            after_star = c == '*';
            match c {
                '*' => parts.push(std::mem::take(&mut part)),
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '\\')) => part.push(escaped),
                    _ => return Err("a backslash stands before a star or a backslash only".to_owned()),
                },
                plain => part.push(plain),
            }
        }
        parts.push(part);
        Ok(Self(parts))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &*self.0 else {
            return self.0.iter().all(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(&**first).and_then(|rest| rest.strip_suffix(&**last)) else {
            return false;
        };
        // The leftmost place of each part leaves the most for the parts behind it.
        middle.iter().all(|part| match rest.split_once(&**part) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
    }
}

/// A text in any case: for each character its small and its capital form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnyCase(Vec<[String; 2]>);

impl AnyCase {
    pub(crate) fn new(text: &str) -> Self {
        let forms = text.chars().flat_map(|c| match c {
            // The engine takes the halves of such a character one by one, and encodes each as a
            // question mark. So it matches no such character, and neither does this code.
            '\u{10000}'.. => vec![["?".to_owned(), "?".to_owned()]; 2],
            _ => vec![[c.to_lowercase().collect(), c.to_uppercase().collect()]],
        });
        Self(forms.collect())
    }

    pub(crate) fn equals(&self, text: &str) -> bool {
        self.rests(text, false).iter().any(|rest| rest.is_empty())
    }

    pub(crate) fn starts(&self, text: &str) -> bool {
        !self.rests(text, false).is_empty()
    }

    pub(crate) fn ends(&self, text: &str) -> bool {
        !self.rests(text, true).is_empty()
    }

    /// The texts that are left once this one is taken away, from the end or from the beginning.
    /// There are several, since the forms of a character differ in length (`ß`, `SS`).
    fn rests<'t>(&self, text: &'t str, from_end: bool) -> Vec<&'t str> {
        let mut rests = vec![text];
        let mut step = |forms: &[String; 2]| {
            let take = |rest: &&'t str, form: &String| {
                if from_end { rest.strip_suffix(&**form) } else { rest.strip_prefix(&**form) }
            };
            rests =
                rests.iter().flat_map(|rest| forms.iter().filter_map(move |form| take(rest, form))).collect();
            rests.dedup();
        };
        if from_end {
            self.0.iter().rev().for_each(&mut step)
        } else {
            self.0.iter().for_each(&mut step)
        }
        rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2_a_star_stands_for_any_text() {
        for (pattern, text, matches) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*b*c", "axbxc", true),
            ("a*b*c", "acb", false),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "aba", false),
            (r"5\*3", "5*3", true),
            (r"5\*3", "5x3", false),
            (r"a\\*", r"a\b", true),
            ("ü*é", "ü🎩é", true),
        ] {
            assert_eq!(Wildcard::new(pattern).unwrap().matches(text), matches, "{pattern} {text}");
        }
        for pattern in ["a**b", "**", r"a\b", r"a\"] {
            assert!(Wildcard::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn l2_case_is_ignored_character_by_character() {
        let any = AnyCase::new;
        assert!(any("Straße").equals("STRASSE") && any("Straße").equals("straße"));
        assert!(!any("strasse").equals("straße") && !any("a").equals("ab") && !any("ab").equals("a"));
        assert!(any("éA").starts("Éab") && !any("éA").starts("e"));
        assert!(any(".PNG").ends("x.png") && any("ß").ends("xSS") && !any("png").ends("pn"));
        assert!(any("").equals("") && any("").starts("x") && any("").ends("x"));
        assert!(!any("🎩").equals("🎩"));
    }
}
