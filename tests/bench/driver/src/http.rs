//! The part of HTTP/1.1 that the peers' clients use: requests with a length or in chunks, answers
//! with a length.

/// A complete request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// `X-Amz-Target`: DynamoDB's action.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
}

/// Takes the first request out of `input`; `None` where a part of it is still on its way.
pub(crate) fn take(input: &mut Vec<u8>) -> Result<Option<Request>, String> {
    let Some(head_end) = find(input, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&input[..head_end]).map_err(|_| "a request's head is not UTF-8")?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let (mut length, mut chunked, mut target) = (0, false, "");
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(|_| format!("content-length: {value}"))?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("x-amz-target") {
            target = value;
        }
    }
    let start = head_end + 4;
    let found = if chunked {
        unchunk(&input[start..])?
    } else {
        input.get(start..start + length).map(|body| (body.to_vec(), length))
    };
    let Some((body, taken)) = found else { return Ok(None) };
    let request =
        Request { method: method.to_owned(), path: path.to_owned(), target: target.to_owned(), body };
    input.drain(..start + taken);
    Ok(Some(request))
}

/// The body of a chunked request, and its length in bytes; `None` before its last chunk has
/// arrived.
fn unchunk(mut rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let (mut body, whole) = (Vec::new(), rest.len());
    loop {
        let Some(end) = find(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| format!("a chunk of size {size:?}"))?;
        let Some(chunk) = rest.get(end + 2..end + 2 + size + 2) else { return Ok(None) };
        rest = &rest[end + 2 + size + 2..];
        if size == 0 {
            return Ok(Some((body, whole - rest.len())));
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

/// An answer.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\nContent-Length: {}\r\n", reason(status), body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        404 => "Not Found",
        _ => "Status",
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_when_all_of_it_is_there() {
        let whole =
            b"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: D.PutItem\r\ncontent-length: 4\r\n\r\nbodyGET ";
        for end in 0..whole.len() - 4 {
            assert_eq!(take(&mut whole[..end].to_vec()), Ok(None), "{end}");
        }
        let mut input = whole.to_vec();
        let request = take(&mut input).unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/"));
        assert_eq!((request.target.as_str(), request.body.as_slice()), ("D.PutItem", b"body".as_slice()));
        assert_eq!(input, b"GET ");
    }

    #[test]
    fn chunks_are_joined() {
        let whole =
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nrest";
        for end in 0..whole.len() - 4 {
            assert_eq!(take(&mut whole[..end].to_vec()), Ok(None), "{end}");
        }
        let mut input = whole.to_vec();
        assert_eq!(take(&mut input).unwrap().unwrap().body, b"abcde");
        assert_eq!(input, b"rest");
    }
}
