//! The vendor of these tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use finvista_core::Vendor;
use finvista_http::{HttpClient, HttpConfig, HttpSource};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::MOST;

/// A loopback server that counts its requests and behaves as the path says.
pub(super) struct Server {
    pub(super) origin: String,
    pub(super) counts: Arc<Counts>,
    _connections: JoinSet<()>,
}

pub(super) struct Counts {
    pub(super) requests: AtomicUsize,
    pub(super) now: AtomicUsize,
    pub(super) most: AtomicUsize,
    /// Answers to `/together` wait for three requests.
    together: Barrier,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let counts = Arc::new(Counts {
            requests: AtomicUsize::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            together: Barrier::new(3),
        });
        let mut accepting = JoinSet::new();
        let shared = Arc::clone(&counts);
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { origin, counts, _connections: accepting }
    }

    pub(super) fn source(&self, vendor: &'static Vendor) -> HttpSource {
        let config = HttpConfig { gateway: Some(self.origin.clone()), ..HttpConfig::default() };
        HttpSource::new(vendor, Arc::new(HttpClient::new(&config).unwrap()))
    }

    pub(super) fn requests(&self) -> usize {
        self.counts.requests.load(SeqCst)
    }
}

async fn serve(mut stream: TcpStream, counts: Arc<Counts>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    counts.requests.fetch_add(1, SeqCst);
    counts.most.fetch_max(counts.now.fetch_add(1, SeqCst) + 1, SeqCst);
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    // A drip ends when the client closes the connection.
    let _closed = answer(&mut stream, path, &counts).await;
}

async fn answer(stream: &mut TcpStream, path: &str, counts: &Counts) -> std::io::Result<()> {
    let left = |counts: &Counts| counts.now.fetch_sub(1, SeqCst);
    let body = |length: usize| [b'x'].repeat(length);
    let announced = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    match path {
        "/together" => {
            counts.together.wait().await;
            left(counts);
            stream.write_all(announced("200 OK", 0).as_bytes()).await
        }
        "/hang" => std::future::pending().await,
        "/drip" => {
            stream.write_all(announced("200 OK", 50).as_bytes()).await?;
            drip(stream).await
        }
        "/drip-429" => {
            let head = announced("429 Too Many Requests\r\nRetry-After: 7", 50);
            stream.write_all(head.as_bytes()).await?;
            drip(stream).await
        }
        "/announces-more" => {
            stream.write_all(announced("200 OK", MOST + 1).as_bytes()).await?;
            std::future::pending().await
        }
        "/sends-more" | "/sends-all" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
            stream.write_all(&body(60)).await?;
            stream.write_all(&body(if path == "/sends-all" { 40 } else { 41 })).await?;
            stream.shutdown().await
        }
        _ => {
            left(counts);
            stream.write_all(announced("200 OK", 0).as_bytes()).await
        }
    }
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stream.write_all(b"x").await?;
    }
}
