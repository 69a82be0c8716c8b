#![cfg(test)]
//! A third party's data set and a third party's vendor, added by hand and fetched over real HTTP through the gateway.

use std::io;
use std::sync::{Arc, Mutex};

use finvista::raw::dataset::{Check, Dataset, Date32, Float, Keep, Optional, RowViews, Rows, Text};
use finvista::raw::{
    BuilderOf, Capability, Endpoint, EndpointContext, Free, Next, ParamSpec, Precision, Quota, Reply,
    Request, Selection, Vendor, dataset, date, wire,
};
use finvista::{DatasetSpec, Error, ErrorKind, FinVista, Query, RecordBatch, SourceError, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{failures, told};

finvista::raw::columns! {
    "tide_table",
    /// One high tide.
    pub struct Tide => TideColumns, TideViews {
        /// The harbour.
        port: Text, "";
        /// The day.
        day: Date32, "";
        /// The height in the morning.
        morning: Float, "m";
        /// The height in the evening, where there was one.
        evening: Optional<Float>, "m";
    }
}

dataset! {
    /// High tides of a harbour.
    pub TideTable = "tide_table", "High tides";
    selects Free;
    rows Tide, TideColumns, TideViews built by Rows<TideColumns, Free>;
    key [port, day];
    spec.params(&[
        ParamSpec::required("port", "the harbour, as Ningbo"),
        ParamSpec::optional("months", "the number of months (default: 1)"),
    ])
    .keep(Keep::For(60))
    .checks(&[Check::Key, Check::AtLeast("morning", 0.0)])
    .extra(check)
}

/// Refuses a tide above twenty metres, and a table of more than twelve.
fn check(_: &Selection, batch: &RecordBatch, _: &Precision) -> Result<(), SourceError> {
    let views = TideViews::new(batch).ok_or_else(|| SourceError::decode("no tide table"))?;
    assert!(batch.num_rows() == 0 || views.row(0).morning != 13.0, "unlucky");
    match (0..batch.num_rows()).map(|index| views.row(index)).find(|tide| tide.morning > 20.0) {
        Some(tide) => Err(SourceError::new(ErrorKind::Invalid, format!("a tide of {} m", tide.morning))),
        None => Ok(()),
    }
}

static HARBOUR: Vendor = Vendor {
    name: "harbour",
    title: "The harbour master",
    version: "1.0.0",
    failure_domain: "harbour",
    hosts: &["tides.example"],
    quota: Quota::per_second(100).burst(100),
    endpoints: &[&Tides],
};

/// First a list of the months, then a page for each.
struct Tides;

impl Endpoint for Tides {
    type Dataset = TideTable;
    /// Whether the list has come.
    type State = bool;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, cx: &EndpointContext, query: &Free) -> Result<Request, SourceError> {
        let port = query.params.get("port").map_or("", String::as_str);
        Ok(Request::get(format!("https://tides.example/list?port={port}&on={}&x=%E6%BD%AE,1", cx.today()))
            .header("Referer", "https://tides.example/"))
    }

    fn decode(
        &self,
        query: &Free,
        is_listed: &mut bool,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let text = std::str::from_utf8(reply.body).map_err(|e| SourceError::decode(e.to_string()))?;
        if !std::mem::replace(is_listed, true) {
            let page = |month: &str| Request::get(format!("https://tides.example/month/{month}"));
            return Ok(Next::Pages(text.lines().map(page).collect()));
        }
        let port = query.params.get("port").map_or("", String::as_str);
        for line in text.lines() {
            let [day, morning, evening] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(SourceError::decode(format!("expected a tide, got {line:?}")));
            };
            let day = date::parse(day)?;
            let (morning, evening) = (wire::number("morning", morning)?, wire::optional("evening", evening)?);
            out.push(Tide { port, day, morning, evening });
        }
        Ok(Next::Done)
    }
}

/// What the server answers to a path: status and body.
type Answer = fn(&str) -> (u16, &'static str);

/// A server of one connection for each request, and the heads of the requests that it got.
struct Server {
    origin: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(serve(stream, answer, Arc::clone(&log)));
            }
        });
        Self { origin, heads, task }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn client(&self) -> FinVista {
        let builder = FinVista::builder()
            .environment([])
            .cache(false)
            .gateway(&self.origin)
            .wall_clock(crate::support::now);
        builder.dataset(TideTable::SPEC).vendor(&HARBOUR).build().unwrap()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, log: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    log.lock().unwrap().push(head);
    let (status, body) = answer(&path);
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await
}

fn query(fv: &FinVista) -> Query {
    fv.query("tide_table", &[("port".to_owned(), "Ningbo".to_owned())].into()).unwrap()
}

#[tokio::test]
async fn a_data_set_of_ones_own_comes_through_the_gateway() {
    let server = Server::start(|path| match path {
        "/month/01" => (200, "2024-01-01,3.25,3.5\n2024-01-02,3.75,-\n"),
        "/month/02" => (200, "2024-02-01,4,4.25\n"),
        _ => (200, "01\n02\n"),
    })
    .await;
    let fv = server.client();
    let ids: Vec<&str> = fv.datasets().map(|spec| spec.id).collect();
    assert!(ids.is_sorted() && ids.contains(&"cn_stock_daily") && ids.contains(&"tide_table"), "{ids:?}");

    let table = fv.call::<TideTable>([("port", "Ningbo")]).await.unwrap();
    let rows: Vec<Tide<'_>> = table.rows().collect();
    assert_eq!((table.source(), rows.len()), ("harbour", 3));
    assert_eq!((rows[0].port, rows[0].morning, rows[0].evening), ("Ningbo", 3.25, Some(3.5)));
    assert_eq!((rows[1].evening, rows[2].day), (None, jiff::civil::date(2024, 2, 1)));
    assert_eq!(table.schema().field(2).metadata()["unit"], "m");

    let heads = server.heads();
    assert_eq!(heads.len(), 3);
    // Path and query as the vendor wrote them, and its host where the gateway's would be.
    assert!(
        heads[0].starts_with("GET /list?port=Ningbo&on=2024-06-28&x=%E6%BD%AE,1 HTTP/1.1\r\n"),
        "{}",
        heads[0]
    );
    for head in &heads {
        let hosts: Vec<&str> = head.lines().filter(|line| line.to_lowercase().starts_with("host:")).collect();
        assert_eq!(hosts.len(), 1, "{head}");
        assert!(hosts[0].ends_with(" tides.example"), "{head}");
    }
    assert!(heads[0].to_lowercase().contains("referer: https://tides.example/"), "{}", heads[0]);
    assert_eq!(fv.source_health().get("tide_table", "harbour").unwrap().status, Status::Healthy);
}

#[tokio::test]
async fn its_failures_have_their_kinds_too() {
    let answers: [(Answer, ErrorKind); 7] = [
        (|_| (503, "busy"), ErrorKind::Upstream),
        (|_| (401, "who are you"), ErrorKind::Blocked),
        (|path| if path.starts_with("/list") { (200, "01\n") } else { (404, "") }, ErrorKind::Upstream),
        (|path| (200, if path.starts_with("/list") { "01\n" } else { "2024-01-01;3" }), ErrorKind::Decode),
        (
            |path| (200, if path.starts_with("/list") { "01\n" } else { "2024-01-01,325,-" }),
            ErrorKind::Invalid,
        ),
        (|path| (200, if path.starts_with("/list") { "01\n" } else { "2024-01-01,13,-" }), ErrorKind::Plugin),
        // No months, so no pages: an empty table, which is not a success.
        (|_| (200, ""), ErrorKind::NotFound),
    ];
    for (answer, kind) in answers {
        let server = Server::start(answer).await;
        let fv = server.client();
        let result = fv.fetch(&query(&fv)).await;
        assert_eq!(failures(&result), [("harbour".to_owned(), kind)], "{}", told(&result));
        let health = fv.source_health();
        let counted = u32::from(kind.meaning().counts);
        assert_eq!(health.get("tide_table", "harbour").unwrap().consecutive_failures, counted, "{kind}");
        match result.unwrap_err() {
            Error::NotFound(error) => assert!(error.to_string().contains("tide_table"), "{error}"),
            error => assert!(error.to_string().contains("harbour"), "{error}"),
        }
    }
}

#[tokio::test]
async fn its_parameters_are_read_and_refused_by_its_own_definition() {
    let server = Server::start(|_| (200, "")).await;
    let fv = server.client();
    for (params, word) in [(vec![], "port"), (vec![("port", "Ningbo"), ("colour", "red")], "colour")] {
        let params = params.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let error = fv.query("tide_table", &params).unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }), "{error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    assert_eq!(server.heads(), [] as [String; 0]);
}

/// The same key with other columns; a twin with the same columns would be the same data set.
static OTHER_TIDES: DatasetSpec = DatasetSpec::new("tide_table", "Low tides", TideTable::SPEC.shape, &[]);

#[test]
fn one_key_has_one_definition() {
    let build = |specs: &[&'static DatasetSpec]| {
        let builder = FinVista::builder().environment([]);
        specs.iter().fold(builder, |builder, spec| builder.dataset(spec)).build()
    };
    let error = build(&[TideTable::SPEC, &OTHER_TIDES]).unwrap_err().to_string();
    assert!(error.contains("tide_table") && error.contains("registered already"), "{error}");
    assert!(build(&[TideTable::SPEC, TideTable::SPEC]).is_ok());
}
