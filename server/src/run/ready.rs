//! Whether a server of this process answers. Asked over TCP like anybody would, because only that is the truth.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PAUSE: Duration = Duration::from_millis(25);
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Waits until `GET /readyz` is answered with 200.
pub async fn wait(address: SocketAddr) {
    while !tokio::time::timeout(ANSWER_MAX, is_ready(address)).await.is_ok_and(|answer| answer.unwrap_or(false)) {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status == *b"HTTP/1.1 200")
}
