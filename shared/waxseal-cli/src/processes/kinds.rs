//! The kinds of instances that a build knows.

use waxseal::Service;
use waxseal_catalog::{App, Deployed};

use crate::command_error::CommandError;

/// The services of this build with processes, and the kinds of their rows.
pub(crate) fn with_processes(app: &App) -> Vec<(&Service, Vec<&'static str>)> {
    let services = app.services.iter().filter_map(Deployed::service);
    services
        .map(|service| (service, service.process_kinds()))
        .filter(|(_, kinds)| !kinds.is_empty())
        .collect()
}

/// The service, the kind and the id of an instance, as they were typed.
pub(crate) fn named<'a>(
    app: &'a App,
    typed: &'a [String],
) -> Result<(&'a str, &'static str, &'a str), CommandError> {
    let all: Vec<(&str, &'static str)> = with_processes(app)
        .into_iter()
        .flat_map(|(service, kinds)| kinds.into_iter().map(|kind| (service.name(), kind)))
        .collect();
    let (wanted, id) = match typed {
        [kind, id] => (Some(kind), id),
        [id] => (None, id),
        _ => return Err(CommandError::Usage("name an instance by its kind and its id".to_owned())),
    };
    let is_wanted = |(service, kind): &&(&str, &str)| {
        wanted.is_none_or(|wanted| wanted == kind || *wanted == format!("{service}/{kind}"))
    };
    let found: Vec<_> = all.iter().filter(is_wanted).collect();
    match found[..] {
        [(service, kind)] => Ok((service, kind, id)),
        _ if all.is_empty() => Err(CommandError::Usage("no service of this build has a process".to_owned())),
        _ => {
            let kinds: Vec<String> = all.iter().map(|(service, kind)| format!("{service}/{kind}")).collect();
            let what = wanted.map_or("which process", |wanted| wanted);
            Err(CommandError::Usage(format!("{what}? The kinds of instances are {}", kinds.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::sample::{app, orders};

    #[test]
    fn g8_the_kind_may_be_left_out_where_there_is_one() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let find = |app: &App, typed: &[&str]| {
            let typed = words(typed);
            named(app, &typed)
                .map(|(service, kind, id)| format!("{service} {kind} {id}"))
                .map_err(|error| (error.code(), error.to_string()))
        };
        let one = app();
        assert_eq!(find(&one, &["o-1"]), Ok("orders fulfilment o-1".to_owned()));
        assert_eq!(find(&one, &["fulfilment", "o-1"]), Ok("orders fulfilment o-1".to_owned()));
        let two = app().service(orders("abroad"));
        let (code, text) = find(&two, &["o-1"]).unwrap_err();
        assert_eq!(code, 2);
        assert!(text.contains("orders/fulfilment, abroad/fulfilment"), "{text}");
        assert!(find(&two, &["fulfilment", "o-1"]).is_err(), "two services have it");
        assert_eq!(find(&two, &["abroad/fulfilment", "o-1"]), Ok("abroad fulfilment o-1".to_owned()));
        assert_eq!(find(&one, &["fulfilmnt", "o-1"]).unwrap_err().0, 2);
        assert_eq!(find(&App::new("shop"), &["o-1"]).unwrap_err().0, 2);
    }
}
