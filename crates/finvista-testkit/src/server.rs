//! HTTP/1.1 by hand, because faults decide about single bytes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fault::{self, Fault};
use crate::simulator::{Seen, Shared};
use crate::wire::message::{Answer, Request};
use crate::wire::vendor::Vendor;

/// The longest head that is accepted; 900 codes in a query take about 9 kB.
const MOST: usize = 64 * 1024;

/// Serves connections until it is aborted; they end with it.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared)));
                }
                // A client that gave up in between, or no file handle left: not the end of the server.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    // A client may close the connection at any time, which is not an error.
    let _closed = serve(&mut stream, &shared).await;
}

/// What happens to the connection after an answer.
#[derive(PartialEq, Eq)]
enum Then {
    KeepAlive,
    Close,
}

async fn serve(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    // Without this a small answer may wait for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(head) = read_head(stream, &mut buffer).await? {
        if respond(stream, shared, &head).await? == Then::Close {
            stream.shutdown().await?;
            break;
        }
    }
    Ok(())
}

/// The parts of a request head that matter.
struct Head {
    method: String,
    path: String,
    host: String,
    referer: Option<String>,
    closes: bool,
}

/// Reads up to the end of the next request head; `None` at the end of the connection or for something else than HTTP.
async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Head>> {
    loop {
        match parse(buffer) {
            Ok(Some((head, length))) => {
                buffer.drain(..length);
                return Ok(Some(head));
            }
            Ok(None) if buffer.len() < MOST => {}
            Ok(None) | Err(_) => {
                let answer = Answer::new(400, "text/plain", "expected an HTTP/1.1 request\n");
                stream.write_all(&bytes(&answer, answer.body.len(), &answer.body, true)).await?;
                return Ok(None);
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(buffer: &[u8]) -> Result<Option<(Head, usize)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(buffer)? else { return Ok(None) };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(found.value).into_owned())
    };
    let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().to_owned(),
        host: header("host").unwrap_or_default(),
        referer: header("referer"),
        closes: closes || request.version == Some(0),
    };
    Ok(Some((head, length)))
}

async fn respond(stream: &mut TcpStream, shared: &Shared, head: &Head) -> io::Result<Then> {
    let vendor = Vendor::of_host(&head.host);
    let (delay, fault) = shared.faults.strike(vendor, &head.path);
    let other = (fault == Some(Fault::OtherSymbol)).then(|| fault::other_symbol(&head.path));
    let request = Request {
        method: &head.method,
        host: &head.host,
        path: other.as_deref().unwrap_or(&head.path),
        referer: head.referer.as_deref(),
    };
    let answer = match &fault {
        Some(Fault::Hang | Fault::Reset) => None,
        Some(Fault::Status { code, retry_after }) => {
            Some(fault::status(vendor, *code, retry_after.as_deref()))
        }
        Some(Fault::Html) => Some(fault::html()),
        _ => Some(damaged(shared.answer(&request), fault.as_ref())),
    };
    shared.record(Seen {
        vendor,
        host: head.host.clone(),
        path: head.path.clone(),
        status: answer.as_ref().map(|answer| answer.status),
        fault: fault.clone(),
    });
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let Some(answer) = answer else {
        if fault == Some(Fault::Hang) {
            // Until the client gives up, or the simulator is stopped.
            while stream.read(&mut [0; 512]).await? > 0 {}
        }
        return Ok(Then::Close);
    };
    let whole = answer.body.as_slice();
    let half = whole.get(..whole.len() / 2).unwrap_or_default();
    let (length, sent) = match fault {
        Some(Fault::Truncated) => (whole.len(), half),
        Some(Fault::WrongLength) => (half.len(), whole),
        _ => (whole.len(), whole),
    };
    let closes = head.closes || length != sent.len();
    stream.write_all(&bytes(&answer, length, sent, closes)).await?;
    Ok(if closes { Then::Close } else { Then::KeepAlive })
}

/// The right answer with the fault's damage done to its body.
fn damaged(answer: Answer, fault: Option<&Fault>) -> Answer {
    let body = match fault {
        Some(Fault::Garbage) => {
            let mut noise = fastrand::Rng::with_seed(answer.body.len() as u64);
            (0..answer.body.len().max(64)).map(|_| noise.u8(..)).collect()
        }
        Some(Fault::SchemaDrift) => fault::drifted(&answer.body),
        Some(Fault::LostColumn) => fault::without_column(&answer.body),
        Some(Fault::Empty) => Vec::new(),
        _ => return answer,
    };
    Answer { body, ..answer }
}

fn bytes(answer: &Answer, length: usize, body: &[u8], closes: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, fault::reason(answer.status));
    head.push_str(&format!("Content-Type: {}\r\nContent-Length: {length}\r\n", answer.content_type));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(if closes { "Connection: close\r\n\r\n" } else { "Connection: keep-alive\r\n\r\n" });
    [head.as_bytes(), body].concat()
}
