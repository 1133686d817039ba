//! Templates of files, with names in the places of `{{name}}`.

/// A template with its names filled in.
pub(crate) fn fill(template: &str, names: &[(&str, &str)]) -> String {
    names
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_gets_its_name_and_braces_of_code_stay() {
        let filled =
            fill("use a::{{{Type}}, {{Type}}State}; {{ {{module}}.x }}", &[("Type", "T"), ("module", "m")]);
        assert_eq!(filled, "use a::{T, TState}; {{ m.x }}");
    }
}
