//! The declaration of a crate's codes.

/// Declares the codes of a crate: an enum, and for each kind of failure its code and a description.
///
/// The page of a code is `errors/<code>.md` of the declaring crate. It is the documentation of its
/// variant. The macro also declares a test that refuses a code without a page, a page without a
/// code, and a page with another description.
///
/// Each page has four parts. `parts: [...];` before the enum names others.
#[doc(hidden)]
#[macro_export]
macro_rules! codes {
    (
        parts: [$($part:literal),+];
        $(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $code:literal: $about:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/errors/", $code, ".md"))] $variant,)+
        }

        impl $name {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),+
                }
            }

            /// A description of the failure in one line.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about),+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[cfg(test)]
        mod pages {
            use super::$name;

            #[test]
            fn every_code_has_a_page_that_begins_with_it_and_says_the_same() {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/errors");
                for code in $name::ALL {
                    let path = format!("{folder}/{code}.md");
                    let page = ::std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
                    assert!(page.starts_with(&format!("`{code}`: {}.\n", code.about())), "{path}");
                    for part in [$($part),+] {
                        assert!(page.contains(&format!("\n**{part}.** ")), "{path} lacks {part}");
                    }
                }
            }

            #[test]
            fn every_page_has_a_code_and_codes_are_in_order() {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/errors");
                let mut pages: Vec<String> = ::std::fs::read_dir(folder)
                    .unwrap_or_else(|error| panic!("{folder}: {error}"))
                    .filter_map(|file| Some(file.ok()?.file_name().to_string_lossy().strip_suffix(".md")?.to_owned()))
                    .collect();
                pages.sort_unstable();
                assert_eq!(pages, $name::ALL.iter().map($name::to_string).collect::<Vec<_>>());
            }
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident { $($codes:tt)+ }) => {
        $crate::codes! {
            parts: ["What happened", "How to see it", "How to mend it", "How to redrive it"];
            $(#[$meta])* pub enum $name { $($codes)+ }
        }
    };
}
