//! A corpus of hostile URLs against real listeners that must not hear anything, and answers that misbehave.

use std::net::SocketAddr;

use domain::ids::{EndpointId, EntityId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn message(url: &str) -> Outgoing {
    Outgoing {
        endpoint: EndpointId::from_uuid(uuid::Uuid::nil()),
        url: url.to_owned(),
        headers: vec![("webhook-id".to_owned(), "evt_1".to_owned())],
        body: b"{}".to_vec(),
        timeout: Duration::from_millis(500),
    }
}

/// Hosts that lead to this machine, to a network of its own, or to a cloud's metadata, in every spelling known.
const HOSTS: [&str; 72] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0177.1",
    "127.0.0.1.",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "%31%32%37.0.0.1",
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "loopback",
    "ⓛocalhost",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:a9fe:a9fe]",
    "169.254.170.2",
    "metadata.google.internal",
    "metadata",
    "instance-data.ec2.internal",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "10.0.0.1",
    "10.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "db",
    "kubernetes.default.svc.home.arpa",
];

#[tokio::test]
async fn a_hostile_url_connects_nowhere() {
    let v4 = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = v4.local_addr().unwrap().port();
    // The same port on the other family, where the machine has one.
    let v6 = TcpListener::bind(("::1", port)).await.ok();
    let sender = HttpSender::new(AddressPolicy::PublicOnly).unwrap();
    let of_host = |host: &&str| [format!("https://{host}:{port}/"), format!("http://{host}:{port}/")];
    let mut urls: Vec<String> = HOSTS.iter().flat_map(of_host).collect();
    urls.extend([
        format!("https://partner.example@127.0.0.1:{port}/"),
        format!("https://partner.example:443@127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}#@partner.example/"),
        format!("https://127.0.0.1:{port}\\@partner.example/"),
        format!("https:127.0.0.1:{port}/"),
        format!("https:/\\/127.0.0.1:{port}/"),
        format!("\thttps://127.0.0.1:{port}/"),
        format!("https://127.0.0.1\t:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/_"),
        format!("//127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
    ]);
    for url in &urls {
        let exchange = sender.send(&message(url)).await;
        assert_eq!(exchange.ended.map(drop), Err(Unanswered::Forbidden), "{url}");
    }
    for listener in [Some(v4), v6].into_iter().flatten() {
        let heard = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(heard.is_err(), "somebody connected");
    }
}

/// The name passes as text; the machine's own table of names says where it leads.
#[tokio::test]
async fn a_name_that_leads_home_is_stopped_where_it_is_resolved() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sender = HttpSender::new(AddressPolicy::PublicOnly).unwrap();
    // Past the first check, as a name of a rebinding attacker is.
    let request = sender.client.post(format!("http://localhost:{port}/")).send().await;
    assert_eq!(unanswered(&request.unwrap_err()), Unanswered::Forbidden);
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err(), "somebody connected");
}

/// Answers every connection with these bytes, then keeps it open.
async fn answering(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(&bytes).await;
            open.push(socket);
        }
    });
    address
}

async fn ask(bytes: impl Into<Vec<u8>>) -> Exchange {
    let address = answering(bytes.into()).await;
    let sender = HttpSender::new(AddressPolicy::AllowPrivate).unwrap();
    sender.send(&message(&format!("http://{address}/hook"))).await
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    let exchange = ask(format!("HTTP/1.1 307 X\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(exchange.ended.unwrap().status, 307);
    assert!(tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await.is_err(), "it was followed");
}

#[tokio::test]
async fn a_long_body_is_cut_and_an_endless_one_is_left() {
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", "x".repeat(100_000));
    assert_eq!(ask(long).await.ended.unwrap().body.len(), ANSWER_BYTES_MAX);
    let endless = ask("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nbegun").await;
    let reply = endless.ended.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"begun".as_slice()));
    assert!(endless.duration >= Duration::from_millis(500) && endless.duration < Duration::from_secs(5));
}

#[tokio::test]
async fn silence_and_refusal_are_told_apart() {
    assert_eq!(ask("").await.ended.map(drop), Err(Unanswered::TooLate));
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sender = HttpSender::new(AddressPolicy::AllowPrivate).unwrap();
    let exchange = sender.send(&message(&format!("http://{free}/"))).await;
    assert_eq!(exchange.ended.map(drop), Err(Unanswered::Unreachable));
}

#[tokio::test]
async fn a_wait_is_read_and_personal_data_is_not_repeated() {
    let answer = "HTTP/1.1 429 X\r\nretry-after: 7\r\ncontent-length: 24\r\n\r\nNot so,\0 ann@example.com";
    let reply = ask(answer).await.ended.unwrap();
    assert_eq!((reply.retry_after, reply.excerpt.as_str()), (Some(Duration::from_secs(7)), "Not so,\u{fffd} […]"));
}
