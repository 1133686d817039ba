//! The variables that Lambda sets, checked before `lambda_runtime` reads them.

use lambda_http::http::Uri;

/// Refuses an environment that is not that of a Lambda function. `lambda_runtime` panics there.
pub(super) fn check(get: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let need = |name: &str| {
        get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            format!("{name} is not set: this program runs as a Lambda function, under a Lambda Runtime API")
        })
    };
    let api = need("AWS_LAMBDA_RUNTIME_API")?;
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        need(name)?;
    }
    if !is_runtime_api(&api) {
        // It may hold a password.
        let shown = if api.contains('@') { "with a user".to_owned() } else { format!("{api:.200?}") };
        return Err(format!(
            "AWS_LAMBDA_RUNTIME_API is {shown}: it must be host:port, or a URL such as http://host:port/path"
        ));
    }
    let memory = need("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    match memory.parse::<i32>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is {memory:?}: it must be a number of MB")),
    }
}

/// Whether `lambda_runtime` can take it: `host:port`, or a URL of http with a path, as `cargo lambda watch` sets it.
fn is_runtime_api(api: &str) -> bool {
    // A path and a query of other characters would be taken for something else, or left out.
    if !api.chars().all(|c| c.is_ascii_graphic() && !"?#@".contains(c)) {
        return false;
    }
    let Ok(uri) = api.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    // A port that is none is left out by `port`, and another server would be asked.
    let host_and_port = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    uri.scheme_str().is_none_or(|scheme| scheme == "http")
        && !authority.host().is_empty()
        && authority.as_str() == host_and_port
        && authority.port_u16() != Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_api_that_is_no_host_and_port_is_refused_by_name() {
        let with = |api: &str| {
            check(|name| {
                Some(match name {
                    "AWS_LAMBDA_RUNTIME_API" => api.to_owned(),
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "128".to_owned(),
                    _ => "f".to_owned(),
                })
            })
        };
        for good in [
            "127.0.0.1:9001",
            "localhost",
            "169.254.100.1:9001",
            "[::1]:9001",
            "http://127.0.0.1:9001",
            "http://[::]:9000/.rt/orders",
        ] {
            assert_eq!(with(good), Ok(()), "{good}");
            assert!(
                good.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some()),
                "lambda_runtime unwraps both"
            );
        }
        for bad in [
            "127.0.0.1:9001/path",
            "not a url",
            " ",
            "127.0.0.1: 9001",
            "http://",
            "http:///path",
            "/path",
            "https://127.0.0.1:9001",
            "ftp://h",
            "user:hunter2@127.0.0.1:9001",
            "http://user:hunter2@h:1",
            "127.0.0.1:99999",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:x",
            ":9001",
            "hôte:9001",
            "http://h:1/ü",
            "h:1?q",
            "http://h:1/?q",
            "http://h:1#f",
            "[::1",
            "*",
            "http:h",
            "a:b:c",
        ] {
            let error = with(bad).unwrap_err();
            assert!(error.starts_with("AWS_LAMBDA_RUNTIME_API is "), "{bad}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
