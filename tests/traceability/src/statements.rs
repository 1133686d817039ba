//! The statements, as `CONTRACT.md` lists them: `- **S-12** **Zombie commit**: A's lease expires,
//! …`.

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// `S-12`.
    pub(crate) id: String,
    /// The first words of the statement in bold, without marks.
    pub(crate) title: String,
    /// Whether its section is marked "(promised)", so that no proof is needed yet.
    pub(crate) promised: bool,
}

impl Statement {
    /// The beginning of its tests' names: `s12`.
    pub(crate) fn key(&self) -> String {
        self.id.replace('-', "").to_lowercase()
    }
}

/// The statements of the contract, in its order.
pub(crate) fn read(contract: &str) -> Result<Vec<Statement>, String> {
    let mut statements: Vec<(Statement, String)> = Vec::new();
    let (mut promised, mut inside) = (false, false);
    for line in contract.lines() {
        let begins = line.strip_prefix("- **").and_then(|line| line.split_once("**"));
        if let Some((id, words)) = begins.filter(|(id, _)| is_id(id)) {
            let statement = Statement { id: id.to_owned(), title: String::new(), promised };
            statements.push((statement, words.to_owned()));
            inside = true;
        } else if let Some(heading) = line.strip_prefix("## ") {
            (promised, inside) = (heading.ends_with("(promised)"), false);
        } else if !line.starts_with("  ") {
            inside = false;
        } else if let Some((_, words)) = statements.last_mut().filter(|_| inside) {
            words.push_str(line);
        }
    }
    let statements: Result<Vec<Statement>, String> = statements.into_iter().map(titled).collect();
    let statements = statements?;
    let twice =
        (1..statements.len()).find(|n| statements[..*n].iter().any(|other| other.id == statements[*n].id));
    match twice {
        Some(n) => Err(format!("{} is in CONTRACT.md twice", statements[n].id)),
        None if statements.is_empty() => Err("CONTRACT.md has no statements".to_owned()),
        None => Ok(statements),
    }
}

fn titled((statement, words): (Statement, String)) -> Result<Statement, String> {
    let title = words.split("**").nth(1).unwrap_or_default().replace(['`', '*'], "");
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(format!(
            "{} has no words in bold in CONTRACT.md: they are its name in the table",
            statement.id
        ));
    }
    Ok(Statement { title, ..statement })
}

fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(family, number)| {
        family.len() == 1
            && family.chars().all(|c| c.is_ascii_uppercase())
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

/// The ids in a test's name, as keys: `shop::s36_s37_every_wrapping` has `s36` and `s37`. A
/// family's letter with a number is an id, whether the contract has it or not.
pub(crate) fn carried<'a>(test: &'a str, statements: &[Statement]) -> Vec<&'a str> {
    let name = test.rsplit("::").next().unwrap_or(test);
    let is_key = |part: &&str| {
        let mut letters = part.chars();
        let family = letters.next().map(|letter| letter.to_ascii_uppercase());
        let known = |letter: char| statements.iter().any(|statement| statement.id.starts_with(letter));
        part.len() > 1 && family.is_some_and(known) && letters.all(|c| c.is_ascii_digit())
    };
    name.split('_').take_while(is_key).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

    use super::*;

    /// The ids at the beginning of lines, in bold, in the sections of this kind. It reads the file
    /// a second time, by other means.
    fn ids(contract: &str, promised: bool) -> Vec<String> {
        let sections = contract.split("\n## ").filter(|section| {
            let heading = section.lines().next().unwrap_or_default();
            heading.contains("(promised)") == promised
        });
        let starts = |line: &str| {
            let id = line.strip_prefix("- **")?.split("**").next()?;
            id.as_bytes().get(1).is_some_and(|byte| *byte == b'-').then(|| id.to_owned())
        };
        sections.flat_map(str::lines).filter_map(starts).collect()
    }

    #[test]
    fn the_contracts_statements_are_all_read_and_those_that_are_promised_are_told_apart() {
        let contract = include_str!("../../../CONTRACT.md");
        let statements = read(contract).unwrap();
        let (promised, asked): (Vec<_>, Vec<_>) = statements.iter().partition(|statement| statement.promised);
        let read_ids =
            |of: &[&Statement]| of.iter().map(|statement| statement.id.clone()).collect::<Vec<_>>();
        assert_eq!((read_ids(&asked), read_ids(&promised)), (ids(contract, false), ids(contract, true)));
        // Each family counts without a gap, so no id was missed.
        for family in ["S", "C", "O", "E", "G", "Q", "L", "I"] {
            let of = |statement: &&Statement| statement.id.starts_with(&format!("{family}-"));
            let mut numbers: Vec<usize> =
                statements.iter().filter(of).map(|statement| statement.id[2..].parse().unwrap()).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{family}");
        }
        let title = |id: &str| statements.iter().find(|statement| statement.id == id).unwrap().title.clone();
        assert_eq!(title("S-1"), "All succeed → exactly OK");
        assert_eq!(title("C-1"), "The documentation states the price honestly");
        // Its bold words go on in the next line, or stand within the line.
        assert_eq!(title("S-4"), "The response never holds \"\", null or an id that is not in the batch");
        assert_eq!(title("S-29"), "a1 fails → F(a1,a2,a3)");
    }

    #[test]
    fn a_statement_without_a_name_and_one_that_is_there_twice_are_errors() {
        let error = read("## A\n- **S-1** All succeed.\n").unwrap_err();
        assert_eq!(error, "S-1 has no words in bold in CONTRACT.md: they are its name in the table");
        let error = read("- **S-1** **All** a.\n- **S-2** **One** b.\n- **S-1** **All** a.\n").unwrap_err();
        assert_eq!(error, "S-1 is in CONTRACT.md twice");
        assert_eq!(
            read("# A contract\n- **not one** **at all**\n").unwrap_err(),
            "CONTRACT.md has no statements"
        );
    }

    #[test]
    fn ids_are_at_the_beginning_of_a_tests_own_name() {
        let statements = read("- **S-1** **a**\n- **O-1** **b**\n").unwrap();
        for (name, expected) in [
            ("s1_all_succeed", vec!["s1"]),
            ("batches::s36_s37_every_wrapping", vec!["s36", "s37"]),
            ("o2_s26_only_what_failed", vec!["o2", "s26"]),
            ("s1", vec!["s1"]),
            ("s1_is_module::an_order_is_kept", vec![]),
            ("an_s1_in_the_middle", vec![]),
            ("s_is_no_number", vec![]),
            ("utf8_is_no_family", vec![]),
            ("x1_is_no_family", vec![]),
            ("shared/waxseal/src/lib.rs - unit::Unit (line 12)", vec![]),
        ] {
            assert_eq!(carried(name, &statements), expected, "{name}");
        }
    }
}
