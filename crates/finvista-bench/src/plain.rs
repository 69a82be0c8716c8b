//! The floor over HTTP: a blocking socket for each thread, and [`finvista_bench::floor`].

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista::Symbol;
use finvista_bench::floor::{self, Bars, Quotes};

use crate::load::Sums;

#[derive(Debug)]
pub(crate) struct Client(Vec<Connection>);

impl Client {
    pub(crate) fn new(base: &str, parallel: usize) -> Result<Self, String> {
        let host = base.strip_prefix("http://").ok_or("the floor speaks http:// only")?;
        let connections = (0..parallel.max(1)).map(|_| Connection::new(host.trim_end_matches('/')));
        Ok(Self(connections.collect::<Result<_, _>>()?))
    }

    pub(crate) fn histories(&mut self, symbols: &[Symbol]) -> Result<Vec<Bars>, String> {
        let next = AtomicUsize::new(0);
        let work = |connection: &mut Connection| {
            let mut tables = Vec::new();
            while let Some(symbol) = symbols.get(next.fetch_add(1, Relaxed)) {
                tables.push(floor::bars(connection.get("push2his.eastmoney.com", &history(symbol))?));
            }
            Ok(tables)
        };
        if let [connection] = self.0.as_mut_slice() {
            return work(connection);
        }
        let tables = std::thread::scope(|scope| {
            let threads: Vec<_> =
                self.0.iter_mut().map(|connection| scope.spawn(|| work(connection))).collect();
            let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked"));
            joined.collect::<Vec<_>>()
        });
        let mut all = Vec::new();
        for part in tables {
            all.extend(part??);
        }
        Ok(all)
    }

    pub(crate) fn quotes(&mut self, symbols: &[Symbol]) -> Result<Vec<Quotes>, String> {
        let connection = self.0.first_mut().ok_or("no connection")?;
        Ok(vec![floor::quotes(connection.get("hq.sinajs.cn", &quotes_of(symbols))?)])
    }
}

/// The path of one history at East Money, with what FinVista asks for.
pub(crate) fn history(symbol: &Symbol) -> String {
    let market = u8::from(symbol.prefixed().starts_with("sh"));
    format!(
        "/api/qt/stock/kline/get?secid={market}.{}&klt=101&fqt=0&beg=0&end=20500101\
         &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61",
        symbol.code()
    )
}

/// The path of one batch at Sina.
pub(crate) fn quotes_of(symbols: &[Symbol]) -> String {
    let codes: Vec<String> = symbols.iter().map(Symbol::prefixed).collect();
    format!("/list={}", codes.join(","))
}

/// One connection that is kept, and the buffer that its answers are read into.
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

    /// The body of an answer with a length.
    fn get(&mut self, host: &str, path: &str) -> Result<&[u8], String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nReferer: https://finance.sina.com.cn\r\nAccept: */*\r\n\r\n"
        );
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
                whole = head(self.buffer.get(..filled).unwrap_or_default())?;
                let length = whole.map_or(0, |(_, end)| end).max(self.buffer.len());
                self.buffer.resize(length, 0);
            }
        }
        let (start, end) = whole.unwrap_or_default();
        self.buffer.get(start..end).ok_or_else(|| "more came than was announced".to_owned())
    }
}

/// Where the body begins and ends, once the head is there.
fn head(answer: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let Some(start) = memchr::memmem::find(answer, b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let head = String::from_utf8_lossy(answer.get(..start).unwrap_or_default());
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("answered {:?}", head.lines().next().unwrap_or_default()));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    Ok(Some((start, start + length.ok_or("an answer without a length")?)))
}

/// Closes are the second of the ten numbers of a row, volumes in lots the fifth.
pub(crate) fn bars(bars: &Bars) -> Result<Sums, String> {
    let [_, closes, _, _, volumes, ..] = &bars.numbers;
    let mut sums = Sums::default();
    closes.iter().zip(volumes).for_each(|(&close, &volume)| sums.add(close, volume as i64));
    Ok(sums)
}

/// Prices are the third of the numbers of a row.
pub(crate) fn quotes(quotes: &Quotes) -> Result<Sums, String> {
    let [_, _, prices, ..] = &quotes.numbers;
    let mut sums = Sums::default();
    prices.iter().for_each(|&price| sums.add(price, 0));
    Ok(sums)
}
