//! Plain HTTP/1.1: a blocking socket for each thread.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista_bench::requests::{REFERER, Request};

#[derive(Debug)]
pub(crate) struct Client(Vec<Connection>);

impl Client {
    pub(crate) fn new(base: &str, parallel: usize) -> Result<Self, String> {
        let host = base.strip_prefix("http://").ok_or_else(|| format!("expected http://…, got {base}"))?;
        let connections = (0..parallel.max(1)).map(|_| Connection::new(host.trim_end_matches('/')));
        Ok(Self(connections.collect::<Result<_, _>>()?))
    }

    /// The parsed answers, each connection taking the next request until there is none.
    pub(crate) fn all<T: Send>(
        &mut self,
        requests: &[Request],
        parse: impl Fn(&[u8]) -> Result<T, String> + Sync,
    ) -> Result<Vec<T>, String> {
        let next = AtomicUsize::new(0);
        let work = |connection: &mut Connection| {
            let mut answers = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Relaxed)) {
                answers.push(parse(connection.get(request)?)?);
            }
            Ok(answers)
        };
        if let [connection] = self.0.as_mut_slice() {
            return work(connection);
        }
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> =
                self.0.iter_mut().map(|connection| scope.spawn(|| work(connection))).collect();
            let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked"));
            joined.collect::<Vec<_>>()
        });
        let mut all = Vec::new();
        for part in parts {
            all.extend(part??);
        }
        Ok(all)
    }
}

/// A connection that is kept alive, and the buffer for its answers.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn new(host: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(host).map_err(|e| format!("{host}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// The body of an answer, which must announce its length.
    fn get(&mut self, Request { host, path }: &Request) -> Result<&[u8], String> {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nReferer: {REFERER}\r\nAccept: */*\r\n\r\n");
        self.stream.write_all(request.as_bytes()).map_err(|e| e.to_string())?;
        self.buffer.resize(self.buffer.capacity().max(64 << 10), 0);
        let (mut filled, mut whole) = (0, None);
        while whole.is_none_or(|(_, end)| filled < end) {
            let free = self.buffer.get_mut(filled..).ok_or("no room")?;
            let read = self.stream.read(free).map_err(|e| e.to_string())?;
            if read == 0 {
                return Err("the connection was closed in the middle of an answer".to_owned());
            }
            filled += read;
            if whole.is_none() {
                whole = body_range(self.buffer.get(..filled).unwrap_or_default())?;
                let length = whole.map_or(0, |(_, end)| end).max(self.buffer.len());
                self.buffer.resize(length, 0);
            }
        }
        let (start, end) = whole.unwrap_or_default();
        self.buffer.get(start..end).ok_or_else(|| "the answer is longer than announced".to_owned())
    }
}

/// Where the body begins and ends, once the head is complete.
fn body_range(answer: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let Some(start) = memchr::memmem::find(answer, b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let head = String::from_utf8_lossy(answer.get(..start).unwrap_or_default());
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("expected status 200, got {:?}", head.lines().next().unwrap_or_default()));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    Ok(Some((start, start + length.ok_or("the answer has no Content-Length")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_begins_behind_the_head_and_has_its_length() {
        assert_eq!(body_range(b"HTTP/1.1 200 OK\r\nContent-Le"), Ok(None));
        assert_eq!(body_range(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), Ok(Some((38, 43))));
        let error = body_range(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap_err();
        assert!(error.contains("expected status 200"), "{error}");
        assert!(body_range(b"HTTP/1.1 200 OK\r\n\r\n").unwrap_err().contains("Content-Length"));
    }
}
