//! A server that costs next to nothing: every answer is prepared, head and body, and sent after the latency asked for.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use finvista_bench::bodies;

/// The answers by the part of the request that names them.
type Answers = Arc<HashMap<String, Vec<u8>>>;

/// Serves the histories of this many symbols the quotes of all of [`bodies::sina_codes`] and the list, until the process ends. `print`
/// gets the origin.
pub(crate) fn serve(symbols: usize, latency: Duration, print: impl FnOnce(&str)) -> std::io::Result<()> {
    let mut answers: HashMap<String, Vec<u8>> = HashMap::new();
    answers.insert("0.000001".to_owned(), answer("application/json", &bodies::eastmoney_daily()));
    for (place, body) in bodies::histories(symbols).iter().enumerate() {
        answers.insert(bodies::secid(place), answer("application/json", body));
    }
    answers.insert(
        "quotes".to_owned(),
        answer("application/javascript; charset=GB18030", &bodies::sina_quotes()),
    );
    for (page, body) in bodies::list_pages().iter().enumerate() {
        answers.insert(format!("list {}", page + 1), answer("application/json", body));
    }
    let answers = Arc::new(answers);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    print(&format!("http://{}", listener.local_addr()?));
    for stream in listener.incoming() {
        let (stream, answers) = (stream?, Arc::clone(&answers));
        // A client may leave at any time.
        std::thread::spawn(move || drop(connection(stream, &answers, latency)));
    }
    Ok(())
}

fn answer(content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn connection(mut stream: TcpStream, answers: &Answers, latency: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let answer = answers.get(&key(&String::from_utf8_lossy(line)));
        std::thread::sleep(latency);
        stream.write_all(answer.map_or(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", |it| it))?;
        head.clear();
    }
}

/// The part of a request's first line that names its answer.
fn key(line: &str) -> String {
    let value = |name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split(['&', ' ']).next()
    };
    match (value("secid="), value("pn=")) {
        (Some(secid), _) => secid.to_owned(),
        (None, Some(page)) => format!("list {page}"),
        (None, None) => "quotes".to_owned(),
    }
}
