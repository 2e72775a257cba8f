//! As much HTTP/1.1 as a load generator needs: keep-alive, bodies by length or in chunks. No TLS, no redirects.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};

/// An answer that takes longer counts as broken.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The answers that we measure are pages, not downloads; a longer one means that something else answered.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// `http://host:port/path`.
#[derive(Debug)]
pub struct Url {
    host: String,
    path: String,
}

impl Url {
    /// Takes apart a URL of the one scheme that we speak.
    pub fn parse(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").with_context(|| format!("{url} does not begin with http://"))?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        Ok(Self { host, path })
    }

    /// `host:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// From the first slash on.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where its server listens.
    pub fn address(&self) -> Result<SocketAddr> {
        let mut addresses = self.host.to_socket_addrs().with_context(|| format!("cannot resolve {}", self.host))?;
        addresses.next().with_context(|| format!("{} has no address", self.host))
    }
}

/// A POST.
pub struct Post<'a> {
    pub url: &'a Url,
    pub content_type: &'a str,
    /// `Bearer …`
    pub authorization: Option<&'a str>,
    pub body: &'a str,
}

impl Post<'_> {
    /// The request as it goes over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { url: Url { host, path }, content_type, authorization, body } = self;
        let authorization = authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}content-type: {content_type}\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// What came back.
#[derive(Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether the server closes the connection after it.
    pub closes: bool,
}

impl Response {
    /// Whether it is an answer of this status with this text in it. Looked for as text, because taking apart every answer
    /// would cost the machine more than some of the answers do.
    pub fn proves(&self, status: u16, proof: &str) -> bool {
        self.status == status && std::str::from_utf8(&self.body).is_ok_and(|body| body.contains(proof))
    }
}

/// One kept-alive connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects without Nagle's delay, which would be measured as the server's.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads its whole answer.
    pub fn exchange(&mut self, request: &[u8]) -> io::Result<Response> {
        self.stream.get_mut().write_all(request)?;
        read_response(&mut self.stream)
    }
}

fn read_response(stream: &mut impl BufRead) -> io::Result<Response> {
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| malformed("status line"))?;
    let (mut length, mut is_chunked, mut closes) = (None, false, false);
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", value) => length = Some(value.parse().map_err(|_| malformed("content-length"))?),
            ("transfer-encoding", value) => is_chunked = value.eq_ignore_ascii_case("chunked"),
            ("connection", value) => closes = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if is_chunked {
        read_chunks(stream, &mut body)?;
    } else if let Some(length) = length {
        read_exactly(stream, length, &mut body)?;
    } else if status != 204 && status != 304 {
        // Without either header the body ends where the connection does.
        closes = true;
        stream.read_to_end(&mut body)?;
    }
    Ok(Response { status, body, closes })
}

fn read_chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(stream)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| malformed("chunk size"))?;
        if size == 0 {
            // Trailers, if any, up to the empty line.
            while !read_line(stream)?.is_empty() {}
            return Ok(());
        }
        read_exactly(stream, size, body)?;
        read_line(stream)?;
    }
}

fn read_exactly(stream: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let start = body.len();
    if start.saturating_add(length) > BODY_BYTES_MAX {
        return Err(malformed("body length"));
    }
    body.resize(start + length, 0);
    stream.read_exact(&mut body[start..])
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn malformed(part: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_where_and_how_much() {
        let url = Url::parse("http://localhost:4000/graphql?x=1").unwrap();
        let post = Post { url: &url, content_type: "application/json", authorization: Some("Bearer t"), body: "{}" };
        assert_eq!(
            String::from_utf8(post.to_bytes()).unwrap(),
            "POST /graphql?x=1 HTTP/1.1\r\nhost: localhost:4000\r\nauthorization: Bearer t\r\n\
             content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        );
        let url = Url::parse("http://localhost").unwrap();
        let anonymous = Post { url: &url, content_type: "text/plain", authorization: None, body: "" }.to_bytes();
        assert_eq!(
            String::from_utf8(anonymous).unwrap(),
            "POST / HTTP/1.1\r\nhost: localhost:80\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n"
        );
    }

    #[test]
    fn only_http_is_spoken() {
        assert_eq!(Url::parse("https://a/").unwrap_err().to_string(), "https://a/ does not begin with http://");
    }

    #[test]
    fn a_body_has_a_length_or_chunks_or_the_rest_of_the_connection() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", false)));
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
            Ok((200, "ok0123456789", false)),
        );
        check("HTTP/1.1 500 No\r\n\r\nbroken", Ok((500, "broken", true)));
        check("HTTP/1.1 204 No Content\r\n\r\n", Ok((204, "", false)));
        check("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", Ok((200, "", true)));
    }

    #[test]
    fn a_broken_answer_is_an_error_and_not_a_number() {
        check("", Err(io::ErrorKind::UnexpectedEof));
        check("SSH-2.0\r\n\r\n", Err(io::ErrorKind::InvalidData));
        check("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", Err(io::ErrorKind::UnexpectedEof));
        check("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", Err(io::ErrorKind::InvalidData));
    }

    #[test]
    fn only_the_text_that_was_asked_for_is_a_proof() {
        let answer = |status, body: &str| Response { status, body: body.into(), closes: false };
        assert!(answer(200, r#"{"data":{"errors":[]}}"#).proves(200, r#""errors":[]"#));
        assert!(!answer(200, r#"{"data":null,"errors":[{}]}"#).proves(200, r#""errors":[]"#));
        assert!(!answer(404, r#""errors":[]"#).proves(200, r#""errors":[]"#));
    }

    fn check(wire: &str, expected: Result<(u16, &str, bool), io::ErrorKind>) {
        let response = read_response(&mut wire.as_bytes());
        let expected = expected.map(|(status, body, closes)| Response { status, body: body.into(), closes });
        assert_eq!(response.map_err(|error| error.kind()), expected);
    }
}
