//! The values of the fields of a pattern in an event, each with the list elements around it.

use std::collections::BTreeSet;

use crate::{
    json::{Kind, Scanner},
    matcher::Leaf,
};

/// Element `index` of the event's list number `list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) list: u32,
    index: u32,
}

/// The list elements around several values.
pub(crate) type Places = BTreeSet<Place>;

/// One value of one field.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) leaf: Leaf<'a>,
    /// The objects and lists in lists around it.
    pub(crate) places: Vec<Place>,
}

/// The values of the fields with these paths, in the order of `paths`. `json` is a valid JSON
/// object.
pub(crate) fn fields<'a>(json: &'a str, paths: &[String]) -> Vec<Vec<Field<'a>>> {
    let mut walk = Walk {
        scan: Scanner::new(json),
        paths,
        fields: paths.iter().map(|_| Vec::new()).collect(),
        path: String::new(),
        places: Vec::new(),
        lists: 0,
    };
    walk.object(true);
    walk.fields
}

struct Walk<'a, 'p> {
    scan: Scanner<'a>,
    paths: &'p [String],
    fields: Vec<Vec<Field<'a>>>,
    /// The steps so far, joined by dots.
    path: String,
    places: Vec<Place>,
    lists: u32,
}

impl Walk<'_, '_> {
    fn object(&mut self, is_top: bool) {
        let outer = self.path.len();
        self.scan.enter();
        while let Some(name) = self.scan.next_member() {
            if !is_top {
                self.path.push('.');
            }
            self.path.push_str(&name);
            self.value();
            self.path.truncate(outer);
        }
    }

    fn value(&mut self) {
        match self.scan.kind() {
            Kind::Object if self.is_on_the_way() => self.object(false),
            Kind::Array if self.is_on_the_way() || self.is_asked_for() => self.array(),
            Kind::Object | Kind::Array => self.scan.skip(),
            Kind::Text | Kind::Number | Kind::Word => self.leaf(),
        }
    }

    /// Lists count as their elements, however deep they are nested.
    fn array(&mut self) {
        let list = self.lists;
        self.lists += 1;
        let mut index = 0;
        self.scan.enter();
        while self.scan.next_element() {
            let is_nested = matches!(self.scan.kind(), Kind::Object | Kind::Array);
            if is_nested {
                self.places.push(Place { list, index });
            }
            self.value();
            if is_nested {
                self.places.pop();
            }
            index += 1;
        }
    }

    fn leaf(&mut self) {
        let Some(field) = self.paths.iter().position(|path| *path == self.path) else {
            return self.scan.skip();
        };
        let leaf = match self.scan.kind() {
            Kind::Text => Leaf::Text(self.scan.text()),
            Kind::Number => Leaf::Number(self.scan.literal()),
            Kind::Object | Kind::Array | Kind::Word => Leaf::Word(self.scan.literal()),
        };
        self.fields[field].push(Field { leaf, places: self.places.clone() });
    }

    fn is_asked_for(&self) -> bool {
        self.paths.contains(&self.path)
    }

    /// Whether a field that is asked for may be inside.
    fn is_on_the_way(&self) -> bool {
        let is_inside =
            |path: &String| path.strip_prefix(&*self.path).is_some_and(|rest| rest.starts_with('.'));
        self.paths.iter().any(is_inside)
    }
}
