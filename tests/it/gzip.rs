#![cfg(test)]
//! Compressed answers: the same rows, and the right kind of error for each kind of damage.

use std::io::Write;

use finvista::{CnStockDaily, Error, ErrorKind, FinVista, Table};
use finvista_testkit::{Limits, Market, Request, answer};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{UNTIL, failures, now, told};

/// What is sent of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sends {
    Whole,
    /// Half of what is announced.
    Half,
    /// All of it, with a byte in the middle that is another.
    Damaged,
    /// More zeros than an answer may have bytes.
    Bomb,
}

/// East Money, in a market that compresses what may be compressed. Its origin, and what keeps it running.
async fn vendor(sends: Sends) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let mut running = JoinSet::new();
    running.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(async move { drop(serve(stream, sends).await) });
        }
    });
    (origin, running)
}

async fn serve(mut stream: TcpStream, sends: Sends) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let url = format!("https://push2his.eastmoney.com{path}");
    let market = Market::new(7, UNTIL);
    let body = match sends {
        Sends::Bomb => vec![0; 64 << 20],
        _ => answer(&market, &Limits::default(), &Request::from_url(&url)).body,
    };
    let is_asked = head.to_ascii_lowercase().contains("accept-encoding: gzip");
    let (mut body, encoding) = if is_asked { (zip(&body), "Content-Encoding: gzip\r\n") } else { (body, "") };
    let middle = body.len() / 2;
    if sends == Sends::Damaged {
        body[middle] ^= 0x55;
    }
    let length = body.len();
    let sent = if sends == Sends::Half { &body[..middle] } else { &body };
    let head = format!("HTTP/1.1 200 OK\r\n{encoding}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), sent].concat()).await?;
    stream.shutdown().await
}

fn zip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn ask(origin: &str, gzip: Option<&str>) -> Result<Table<CnStockDaily>, Error> {
    let settings = gzip.map(|value| ("FINVISTA_GZIP".to_owned(), value.to_owned()));
    let builder = FinVista::builder().environment(settings).gateway(origin).wall_clock(now).cache(false);
    builder.build().unwrap().cn_stock_daily("600519").source("eastmoney").await
}

#[tokio::test]
async fn a_compressed_answer_is_the_same_answer() {
    let (origin, _running) = vendor(Sends::Whole).await;
    let plain = ask(&origin, None).await.unwrap();
    assert!(plain.num_rows() > 1_000);
    for gzip in ["on", "off"] {
        let result = ask(&origin, Some(gzip)).await;
        assert!(result.as_ref().is_ok_and(|table| table.batch() == plain.batch()), "{}", told(&result));
    }
}

#[tokio::test]
async fn damage_is_told_from_a_connection_that_broke_off() {
    for (sends, kind, says) in [
        (Sends::Half, ErrorKind::Transport, "broke off"),
        (Sends::Damaged, ErrorKind::Decode, ""),
        // However small it was on its way.
        (Sends::Bomb, ErrorKind::Decode, "longer than the limit of 8388608 bytes"),
    ] {
        let (origin, _running) = vendor(sends).await;
        let result = ask(&origin, Some("on")).await;
        assert_eq!(failures(&result), [("eastmoney".to_owned(), kind)], "{sends:?}: {}", told(&result));
        assert!(told(&result).contains(says), "{sends:?}: {}", told(&result));
    }
}
