//! A tree of texts, drawn in 80 columns.

use std::fmt;

/// The width of a drawn tree.
const COLUMNS: usize = 80;
/// The least width of a text. Deeper trees are wider.
const NARROWEST: usize = 24;

/// A text with the texts below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) text: String,
    pub(super) below: Vec<Tree>,
}

impl Tree {
    pub(super) fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), below: Vec::new() }
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, first: &str, rest: &str) -> fmt::Result {
        let bar = if self.below.is_empty() { "" } else { "│  " };
        let width = COLUMNS.saturating_sub(rest.chars().count()).max(NARROWEST + bar.chars().count());
        for (number, line) in lines(&self.text, width, width - bar.chars().count()).iter().enumerate() {
            match number {
                0 => writeln!(f, "{first}{line}")?,
                _ => writeln!(f, "{rest}{bar}{line}")?,
            }
        }
        let last = self.below.len().saturating_sub(1);
        for (number, tree) in self.below.iter().enumerate() {
            let (corner, bar) = if number == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            tree.draw(f, &format!("{rest}{corner}"), &format!("{rest}{bar}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draw(f, "", "")
    }
}

/// The text in lines of at most `rest` characters, the first one of `width`. They are broken between
/// words where they can be. A control character could move a terminal's cursor, so it is a space.
fn lines(text: &str, mut width: usize, rest: usize) -> Vec<String> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let space = usize::from(used > 0);
            if used + space + word.len() <= width {
                push(&mut lines, space, &word);
                used += space + word.len();
                break;
            }
            if used == 0 {
                push(&mut lines, 0, &word[..width]);
                word.drain(..width);
            }
            lines.push(String::new());
            (used, width) = (0, rest);
        }
    }
    lines
}

fn push(lines: &mut [String], spaces: usize, word: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(std::iter::repeat_n(' ', spaces).chain(word.iter().copied()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l7_long_texts_are_wrapped_and_no_line_is_wider_than_80_columns() {
        let long = Tree::leaf(format!("{} end\u{1b}[0m", "ü".repeat(100)));
        let below = vec![long.clone(), Tree::leaf("leaf")];
        let tree = Tree { text: "word ".repeat(40), below: vec![Tree { text: "b".into(), below }, long] };
        let drawn = tree.to_string();
        assert!(drawn.lines().all(|line| line.chars().count() <= COLUMNS), "{drawn}");
        assert_eq!(drawn.matches("word").count(), 40);
        assert_eq!(drawn.matches('ü').count(), 200);
        assert!(drawn.contains("\n│  └─ leaf\n└─ ü") && !drawn.contains('\u{1b}'), "{drawn}");
    }
}
