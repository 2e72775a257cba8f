//! As much WebSocket (RFC 6455) and graphql-transport-ws as one subscription needs.
//!
//! Deliberately absent: fragmented messages, which our server does not send, and unpredictable masks, which protect
//! proxies from the scripts of web pages; here is neither.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::http::Url;

/// The worked example of RFC 6455 §1.3, so that no SHA-1 is needed to check the answer.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An event is some hundred bytes; a longer message means that something else answered.
const MESSAGE_BYTES_MAX: u64 = 1024 * 1024;

/// In a length of seven bits: the true length follows in two bytes, or in eight.
const LENGTH_IN_TWO: u8 = 0x7e;
const LENGTH_IN_EIGHT: u8 = 0x7f;

/// On a length: the payload is masked.
const MASKED: u8 = 0x80;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// One subscription on a socket of its own.
pub struct Subscriber {
    stream: BufReader<TcpStream>,
}

impl Subscriber {
    /// Opens a socket and subscribes. The protocol does not say when a subscription has begun; what happens right
    /// after this may be missed.
    pub fn open(url: &Url, authorization: &str, document: &str) -> Result<Self> {
        let mut subscriber = Self::listen(url)?;
        subscriber.say(&json!({"type": "connection_init", "payload": {"authorization": authorization}}))?;
        let (_, answer) = subscriber.message()?;
        ensure!(answer["type"] == "connection_ack", "connection_init was answered with {answer}");
        subscriber.say(&json!({"type": "subscribe", "id": "1", "payload": {"query": document}}))?;
        Ok(subscriber)
    }

    /// Opens a socket at which nothing has to be said.
    pub fn listen(url: &Url) -> Result<Self> {
        let stream = TcpStream::connect(url.address()?).with_context(|| format!("cannot connect to {}", url.host()))?;
        stream.set_nodelay(true)?;
        let mut subscriber = Self { stream: BufReader::new(stream) };
        subscriber.stream.get_mut().write_all(upgrade(url).as_bytes())?;
        check_upgraded(&mut subscriber.stream)?;
        Ok(subscriber)
    }

    /// The result of the next event, and when it was here.
    pub fn next(&mut self) -> Result<(Instant, Value)> {
        loop {
            let (arrived, mut message) = self.message()?;
            match message["type"].as_str() {
                Some("next") => return Ok((arrived, message["payload"].take())),
                Some("ping") => self.say(&json!({"type": "pong"}))?,
                Some("pong") => {}
                _ => bail!("the subscription ended: {message}"),
            }
        }
    }

    fn say(&mut self, message: &Value) -> Result<()> {
        Ok(self.stream.get_mut().write_all(&frame(TEXT, message.to_string().as_bytes()))?)
    }

    /// No answer for this long is an error.
    pub fn patience(&self, limit: Duration) -> Result<()> {
        Ok(self.stream.get_ref().set_read_timeout(Some(limit))?)
    }

    fn message(&mut self) -> Result<(Instant, Value)> {
        let (arrived, payload) = self.text()?;
        Ok((arrived, serde_json::from_slice(&payload).context("a frame that is not JSON")?))
    }

    /// The next text, unread, and when it was here.
    pub fn text(&mut self) -> Result<(Instant, Vec<u8>)> {
        loop {
            let (opcode, payload) = read_frame(&mut self.stream)?;
            let arrived = Instant::now();
            match opcode {
                TEXT => return Ok((arrived, payload)),
                PING => self.stream.get_mut().write_all(&frame(PONG, &payload))?,
                PONG => {}
                CLOSE => bail!("the server closed the socket: {}", reason(&payload)),
                other => bail!("a frame of the unknown kind {other}"),
            }
        }
    }
}

fn upgrade(url: &Url) -> String {
    format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: {KEY}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n",
        url.path(),
        url.host()
    )
}

fn check_upgraded(stream: &mut impl BufRead) -> Result<()> {
    let mut lines = stream.lines();
    let mut line = || lines.next().context("the connection ended during the handshake")?.context("the handshake broke");
    let status = line()?;
    ensure!(status.starts_with("HTTP/1.1 101 "), "the upgrade was answered with {status}");
    let mut is_accepted = false;
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').context("a malformed header")?;
        is_accepted |= name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == ACCEPT;
    }
    ensure!(is_accepted, "the server did not accept our key");
    Ok(())
}

/// A whole message of a client, masked as RFC 6455 §5.3 demands.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = vec![0x80 | opcode];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..LENGTH_IN_TWO), _) => frame.push(MASKED | short),
        (_, Ok(medium)) => {
            frame.push(MASKED | LENGTH_IN_TWO);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(MASKED | LENGTH_IN_EIGHT);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A whole message of a server, which must not be masked: its kind and its payload.
fn read_frame(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let [first, second] = read_bytes(stream)?;
    if first & 0xf0 != 0x80 || second & MASKED != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a fragmented, extended or masked frame"));
    }
    let length = match second {
        LENGTH_IN_TWO => u64::from(u16::from_be_bytes(read_bytes(stream)?)),
        LENGTH_IN_EIGHT => u64::from_be_bytes(read_bytes(stream)?),
        short => u64::from(short),
    };
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long"));
    }
    let mut payload = Vec::new();
    stream.take(length).read_to_end(&mut payload)?;
    if payload.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((first & 0x0f, payload))
}

fn read_bytes<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// "4400 Invalid message", out of a close frame.
fn reason(payload: &[u8]) -> String {
    match payload {
        [high, low, text @ ..] => {
            format!("{} {}", u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(text))
        }
        _ => "without a reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_s_frame_is_the_one_of_the_standard() {
        // RFC 6455 §5.7, a single-frame masked text message: its mask is ours.
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(frame(TEXT, b"Hello"), hello);
    }

    #[test]
    fn the_length_takes_as_many_bytes_as_it_needs() {
        let head = |length| frame(TEXT, &vec![0; length])[1..10].to_vec();
        assert_eq!(head(125)[0], 0xfd);
        assert_eq!(head(126)[..3], [0xfe, 0, 126]);
        assert_eq!(head(65_535)[..3], [0xfe, 0xff, 0xff]);
        assert_eq!(head(65_536), [0xff, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_server_s_frame_is_read_whole() {
        // RFC 6455 §5.7: an unmasked text message and an unmasked ping.
        check(&[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], Ok((TEXT, b"Hello")));
        check(&[0x89, 0x00], Ok((PING, b"")));
        let medium = [&[0x81, 126, 1, 0][..], &[b'a'; 256]].concat();
        check(&medium, Ok((TEXT, &[b'a'; 256])));
        let long = [&[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0][..], &vec![b'a'; 65_536]].concat();
        check(&long, Ok((TEXT, &vec![b'a'; 65_536])));
    }

    #[test]
    fn what_we_do_not_speak_is_an_error() {
        check(&[0x01, 0x01, b'a'], Err(io::ErrorKind::InvalidData));
        check(&frame(TEXT, b"masked"), Err(io::ErrorKind::InvalidData));
        check(&[0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0], Err(io::ErrorKind::InvalidData));
        check(&[0x81, 0x05, b'a'], Err(io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn only_the_answer_to_our_key_opens_the_socket() {
        let answer = |accept| format!("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        check_upgraded(&mut answer(ACCEPT).as_bytes()).unwrap();
        let refused = |text: &str| check_upgraded(&mut text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused(&answer("another")), "the server did not accept our key");
        assert_eq!(refused("HTTP/1.1 503 Busy\r\n\r\n"), "the upgrade was answered with HTTP/1.1 503 Busy");
    }

    #[test]
    fn a_close_frame_tells_why() {
        assert_eq!(reason(b"\x11\x30Invalid message"), "4400 Invalid message");
        assert_eq!(reason(b""), "without a reason");
    }

    fn check(wire: &[u8], expected: Result<(u8, &[u8]), io::ErrorKind>) {
        let frame = read_frame(&mut &wire[..]).map_err(|error| error.kind());
        assert_eq!(frame, expected.map(|(opcode, payload)| (opcode, payload.to_vec())));
    }
}
