//! Queries: questions that one service answers from what it has stored.

use serde::{Serialize, de::DeserializeOwned};

/// A question that one service answers. It is declared with [`query!`](crate::query).
///
/// A query is no message: it is not published, it has no receipt, and asking twice changes nothing.
/// Its members come from the path and the query string of an HTTP `GET`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as a query",
    label = "not a query",
    note = "declare it: `waxseal::query!({Self} {{ name: \"get-thing\", version: 1, owner: \"service\", path: \"/things/{{id}}\", answer: Thing }});`",
    note = "an event or a command is no question: a handler takes it"
)]
pub trait Query: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name in the catalog: lower-case words, `get-sales`.
    const NAME: &'static str;
    /// The version of the question and of its answer, from 1.
    const VERSION: u16;
    /// The service that answers it.
    const OWNER: &'static str;
    /// The path of its HTTP resource: `/sales/{day}`. A part in braces is the member of that name.
    const PATH: &'static str;
    /// The answer.
    type Answer: Serialize + DeserializeOwned + Send + Sync + 'static;
}

/// A query as the catalog and the routes know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredQuery {
    /// [`Query::NAME`].
    pub name: &'static str,
    /// [`Query::VERSION`].
    pub version: u16,
    /// [`Query::OWNER`].
    pub owner: &'static str,
    /// [`Query::PATH`].
    pub path: &'static str,
}

impl DeclaredQuery {
    /// The declaration of `Q`.
    #[must_use]
    pub const fn of<Q: Query>() -> Self {
        Self { name: Q::NAME, version: Q::VERSION, owner: Q::OWNER, path: Q::PATH }
    }

    /// The members that a path gives, where it is of this query's form. `path` is given in its parts,
    /// decoded.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use waxseal_message::DeclaredQuery;
    /// #[derive(Serialize, Deserialize)] struct GetSales { day: String, sku: String }
    /// waxseal_message::query!(GetSales {
    ///     name: "get-sales", version: 1, owner: "analytics", path: "/sales/{day}/{sku}", answer: u64,
    /// });
    /// let query = DeclaredQuery::of::<GetSales>();
    /// assert_eq!(query.members(&["sales", "2026-11-21", "hat"]), Some(vec![("day", "2026-11-21"), ("sku", "hat")]));
    /// assert_eq!(query.members(&["sales", "2026-11-21"]), None);
    /// ```
    #[must_use]
    pub fn members<'p>(&self, path: &[&'p str]) -> Option<Vec<(&'static str, &'p str)>> {
        let form: Vec<&'static str> = self.path.split('/').skip(1).collect();
        if form.len() != path.len() {
            return None;
        }
        let mut members = Vec::new();
        for (form, part) in form.into_iter().zip(path) {
            match form.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => members.push((name, *part)),
                None if form == *part => {}
                None => return None,
            }
        }
        Some(members)
    }
}

/// Declares a struct as a query. All members are required, in this order.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal_message::Query as _;
///
/// #[derive(Serialize, Deserialize)]
/// struct GetSales { day: String, limit: Option<u32> }
/// #[derive(Serialize, Deserialize)]
/// struct Sales { orders: u64 }
/// // `GET /sales/2026-11-21?limit=10`
/// waxseal_message::query!(GetSales {
///     name: "get-sales",
///     version: 1,
///     owner: "analytics",
///     path: "/sales/{day}",
///     answer: Sales,
/// });
/// assert_eq!(GetSales::PATH, "/sales/{day}");
/// ```
#[macro_export]
macro_rules! query {
    ($type:ty {
        name: $name:expr, version: $version:expr, owner: $owner:expr, path: $path:expr, answer: $answer:ty $(,)?
    }) => {
        impl $crate::Query for $type {
            const NAME: &'static str = $name;
            const VERSION: u16 = $version;
            const OWNER: &'static str = $owner;
            const PATH: &'static str = $path;
            type Answer = $answer;
        }
        const _: () = $crate::__check_query::<$type>();
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "a query is declared as `query!(GetSales { name: \"get-sales\", version: 1, owner: \"analytics\", path: \"/sales/{day}\", answer: Sales })`"
        );
    };
}

/// The rules of a query's declaration.
#[doc(hidden)]
pub const fn __check_query<Q: Query>() {
    assert!(Q::VERSION > 0, "the first version of a query is 1");
    let (name, mut at) = (Q::NAME.as_bytes(), 0);
    assert!(!name.is_empty(), "a query has a `name` of lower-case words: `name: \"get-sales\"`");
    while at < name.len() {
        let is_plain = matches!(name[at], b'a'..=b'z' | b'0'..=b'9' | b'-');
        assert!(is_plain, "a query has a `name` of lower-case words: `name: \"get-sales\"`");
        at += 1;
    }
    let path = Q::PATH.as_bytes();
    assert!(
        matches!(path, [b'/', _, ..]),
        "the `path` of a query begins with `/`: `path: \"/sales/{{day}}\"`"
    );
    let (mut at, mut is_open) = (0, false);
    while at < path.len() {
        match path[at] {
            b'{' => {
                assert!(
                    !is_open && path[at - 1] == b'/',
                    "a member stands alone in its part of the path: `/sales/{{day}}`"
                );
                is_open = true;
            }
            b'}' => {
                let ends = at + 1 == path.len() || path[at + 1] == b'/';
                assert!(
                    is_open && path[at - 1] != b'{' && ends,
                    "a member stands alone in its part of the path: `/sales/{{day}}`"
                );
                is_open = false;
            }
            b'?' | b'#' | b' ' => panic!(
                "the `path` of a query has no query string: further members of the struct are read from it"
            ),
            _ => {}
        }
        at += 1;
    }
    assert!(!is_open, "a member of the path is not closed: `/sales/{{day}}`");
}
