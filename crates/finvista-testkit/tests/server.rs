//! The simulator seen by real clients: every fault, the Referer rule, the encodings, and what stopping does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy's leave for tests ends at the helpers of an integration test"
)]

use std::time::Duration;

use finvista_testkit::{Fault, Limits, Market, Simulator, SimulatorBuilder, Vendor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOST: &str = "push2his.eastmoney.com";
const BARS: &str = "/api/qt/stock/kline/get?secid=1.600519&klt=101&fqt=0&fields1=f1&fields2=f51,f53&beg=20240624&end=20240628";

fn builder() -> SimulatorBuilder {
    Simulator::builder().market(Market::new(7, "2024-06-28".parse().unwrap()))
}

async fn send(simulator: &Simulator, host: &str, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", simulator.port())).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Everything the server sends until it closes the connection.
async fn raw(simulator: &Simulator, host: &str, path: &str, headers: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    send(simulator, host, path, headers).await.read_to_end(&mut answer).await.unwrap();
    answer
}

struct Parts {
    head: String,
    body: Vec<u8>,
}

impl Parts {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn length(&self) -> usize {
        self.header("Content-Length").unwrap().parse().unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn get(simulator: &Simulator, host: &str, path: &str) -> Parts {
    let bytes = raw(simulator, host, path, "Referer: https://finance.sina.com.cn\r\n").await;
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    Parts { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end + 4..].to_vec() }
}

async fn with_fault(rule: &str) -> (Simulator, Parts) {
    let simulator = builder().fault(rule.parse().unwrap()).start().await.unwrap();
    let parts = get(&simulator, HOST, BARS).await;
    (simulator, parts)
}

async fn right() -> Parts {
    get(&builder().start().await.unwrap(), HOST, BARS).await
}

#[tokio::test]
async fn the_right_answer_is_the_pure_function() {
    let parts = right().await;
    let market = Market::new(7, "2024-06-28".parse().unwrap());
    let request = finvista_testkit::Request::get(HOST, BARS);
    let answer = finvista_testkit::answer(&market, &Limits::default(), &request);
    assert_eq!((parts.status(), parts.length()), ("200", answer.body.len()));
    assert_eq!(parts.body, answer.body);
    assert_eq!(parts.header("Content-Type"), Some("application/json; charset=UTF-8"));
    assert!(parts.text().contains("\"2024-06-24,"));
}

#[tokio::test]
async fn a_reset_closes_without_a_byte_and_is_counted() {
    let simulator = builder().start().await.unwrap();
    simulator.faults().break_vendor(Vendor::EastMoney);
    assert_eq!(raw(&simulator, HOST, BARS, "").await, b"");
    simulator.faults().clear_vendor(Vendor::EastMoney);
    assert_eq!(get(&simulator, HOST, BARS).await.status(), "200");
    let seen = simulator.requests();
    assert_eq!((seen[0].status, &seen[0].fault), (None, &Some(Fault::Reset)));
    assert_eq!((seen[1].status, &seen[1].fault), (Some(200), &None));
    assert_eq!((simulator.calls(Vendor::EastMoney), simulator.calls(Vendor::Sina)), (2, 0));
    assert!(seen[0].to_string().ends_with("→ reset"), "{}", seen[0]);
}

#[tokio::test]
async fn statuses_come_with_the_vendors_kind_of_body() {
    let (simulator, parts) = with_fault("*=status:429:120").await;
    assert_eq!((parts.status(), parts.header("Retry-After")), ("429", Some("120")));
    simulator.faults().clear();
    simulator.faults().add("sina=status:456".parse().unwrap());
    let blocked = get(&simulator, "hq.sinajs.cn", "/list=sh600519").await;
    assert_eq!((blocked.status(), blocked.header("Content-Type")), ("456", Some("text/html")));
    assert!(blocked.text().contains("拒绝访问"));
    let (_, gateway) = with_fault("eastmoney=status:502").await;
    assert!(gateway.text().starts_with("<html><head><title>502 Bad Gateway</title></head>"));
}

#[tokio::test]
async fn lengths_lie_as_told() {
    let whole = right().await.body;
    let (_, truncated) = with_fault("eastmoney=truncated").await;
    assert_eq!(truncated.length(), whole.len());
    assert_eq!(truncated.body, whole[..whole.len() / 2]);
    let (_, wrong) = with_fault("eastmoney=wrong-length").await;
    assert_eq!(wrong.length(), whole.len() / 2);
    assert_eq!(wrong.body, whole);
}

#[tokio::test]
async fn bodies_are_replaced_as_told() {
    let whole = right().await;
    let (_, page) = with_fault("*=html").await;
    assert_eq!(page.status(), "200");
    assert!(page.header("Content-Type").unwrap().starts_with("text/html") && page.text().contains("<html>"));
    let (_, noise) = with_fault("*=garbage").await;
    assert_eq!(noise.header("Content-Type"), whole.header("Content-Type"));
    assert!(noise.body.len() >= 64 && noise.body != whole.body && String::from_utf8(noise.body).is_err());
    let (_, empty) = with_fault("*=empty").await;
    assert_eq!((empty.status(), empty.length(), empty.body.len()), ("200", 0, 0));
    let (_, drift) = with_fault("*=schema-drift").await;
    assert_eq!(drift.text(), whole.text().replace("\"klines\":", "\"bars\":"));
    let (_, other) = with_fault("*=other-symbol").await;
    assert!(other.text().contains(r#""code":"000001""#) && other.text().contains("2024-06-24"));
}

#[tokio::test]
async fn other_symbols_are_named_in_every_envelope() {
    let simulator = builder().fault("*=other-symbol".parse().unwrap()).start().await.unwrap();
    for (host, path, named) in [
        ("hq.sinajs.cn", "/list=sh600036", "hq_str_sh600519=\""),
        (
            "quotes.sina.cn",
            "/cn/api/jsonp.php/var%20_sh600036=/CN_MarketDataService.getKLineData?symbol=sh600036&scale=240&datalen=3",
            "var _sh600519=([",
        ),
        ("finance.sina.com.cn", "/realstock/company/sh600036/qfq.js", "var sh600519qfq={"),
        ("qt.gtimg.cn", "/q=sh600036", "v_sh600519=\"1~"),
        (
            "web.ifzq.gtimg.cn",
            "/appstock/app/fqkline/get?param=sh600036,day,,,3,qfq",
            "\"data\":{\"sh600519\":{\"qfqday\":[[",
        ),
        ("push2.eastmoney.com", "/api/qt/ulist.np/get?secids=1.600036&fields=f12", "\"f12\":\"600519\""),
    ] {
        let body = get(&simulator, host, path).await.body;
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(text.contains(named) && !text.contains("600036"), "{host}: {text}");
    }
}

#[tokio::test]
async fn drift_breaks_every_format() {
    let simulator = builder().start().await.unwrap();
    for (host, path) in [
        ("hq.sinajs.cn", "/list=sh600519"),
        (
            "money.finance.sina.com.cn",
            "/quotes_service/api/json_v2.php/CN_MarketData.getKLineData?symbol=sh600519&scale=240&datalen=3",
        ),
        ("finance.sina.com.cn", "/realstock/company/sh600519/hfq.js"),
        ("qt.gtimg.cn", "/q=sh600519"),
        ("ifzq.gtimg.cn", "/appstock/app/newfqkline/get?param=sh600519,day,,,3,"),
        ("push2.eastmoney.com", "/api/qt/ulist.np/get?secids=1.600519&fields=f2,f12"),
        ("push2.eastmoney.com", "/api/qt/clist/get?fs=m:1+t:23&pn=1&pz=3&np=1&fields=f2,f12"),
        ("searchapi.eastmoney.com", "/api/suggest/get?input=payh&type=14&count=3"),
        ("suggest3.sinajs.cn", "/suggest/type=11&key=payh"),
        ("smartbox.gtimg.cn", "/s3/?v=2&q=payh&t=all"),
        ("ifzq.gtimg.cn", "/appstock/app/fqkline/get?param=sh600519,week,,,3,qfq"),
        ("ifzq.gtimg.cn", "/appstock/app/kline/mkline?param=sh600519,m15,,3"),
        ("proxy.finance.qq.com", "/cgi/cgi-bin/rank/hs/getBoardRankList?board_code=ksh&offset=0&count=3"),
        (
            "vip.stock.finance.sina.com.cn",
            "/quotes_service/api/json_v2.php/Market_Center.getHQNodeData?node=kcb&page=1&num=3",
        ),
    ] {
        let right = get(&simulator, host, path).await.body;
        for fault in ["*=schema-drift", "*=lost-column"] {
            simulator.faults().add(fault.parse().unwrap());
            assert_ne!(get(&simulator, host, path).await.body, right, "{host}, {fault}");
            simulator.faults().clear();
        }
        assert_eq!(get(&simulator, host, path).await.body, right, "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn latency_delays_the_answer_and_adds_to_a_status() {
    let simulator = builder().start().await.unwrap();
    simulator.faults().add("eastmoney=latency:3600s".parse().unwrap());
    let begin = tokio::time::Instant::now();
    assert_eq!(get(&simulator, HOST, BARS).await.status(), "200");
    assert!(begin.elapsed() >= Duration::from_secs(3600), "{:?}", begin.elapsed());
    simulator.faults().add("eastmoney=status:500".parse().unwrap());
    assert_eq!(get(&simulator, HOST, BARS).await.status(), "500");
    assert!(begin.elapsed() >= Duration::from_secs(7200), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_hang_lasts_until_the_simulator_stops() {
    let simulator = builder().fault("eastmoney=hang".parse().unwrap()).start().await.unwrap();
    let mut hanging = send(&simulator, HOST, BARS, "").await;
    while simulator.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut byte = [0];
    assert_eq!(hanging.try_read(&mut byte).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let port = simulator.port();
    simulator.stop().await;
    assert!(matches!(hanging.read(&mut byte).await, Ok(0) | Err(_)), "the connection is cut");
    let again = builder().port(port).start().await.unwrap();
    assert_eq!(get(&again, HOST, BARS).await.status(), "200");
    let taken = builder().port(port).start().await.unwrap_err();
    assert!(taken.to_string().contains(&format!("127.0.0.1:{port}")), "{taken}");
}

#[tokio::test]
async fn dropping_it_frees_the_port_too() {
    let simulator = builder().start().await.unwrap();
    let mut idle = TcpStream::connect(("127.0.0.1", simulator.port())).await.unwrap();
    drop(simulator);
    assert!(matches!(idle.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn sinas_quotes_want_a_referer_and_speak_gb18030() {
    let simulator = builder().start().await.unwrap();
    for headers in ["", "Referer: https://example.com/?sina.com.cn\r\n"] {
        let answer = raw(&simulator, "hq.sinajs.cn", "/list=sz000002", headers).await;
        assert!(answer.starts_with(b"HTTP/1.1 403 ") && answer.ends_with(b"\r\n\r\nForbidden"));
    }
    let quote = get(&simulator, "hq.sinajs.cn", "/list=sz000002").await;
    assert_eq!(quote.header("Content-Type"), Some("application/javascript; charset=GB18030"));
    // 万 科Ａ, one blank, full-width letter.
    assert!(quote.body.starts_with(b"var hq_str_sz000002=\"\xcd\xf2 \xbf\xc6\xa3\xc1,"), "{:?}", quote.body);
    let tencent = get(&simulator, "qt.gtimg.cn", "/q=sz000002").await;
    assert_eq!(tencent.header("Content-Type"), Some("text/html; charset=GBK"));
    assert!(tencent.body.starts_with(b"v_sz000002=\"51~\xcd\xf2 \xbf\xc6\xa3\xc1~000002~"));
    let utf8 = get(&simulator, "qt.gtimg.cn", "/utf8/q=sz000002").await;
    assert!(utf8.text().starts_with("v_sz000002=\"51~万 科Ａ~"));
}

#[tokio::test]
async fn limits_cut_silently() {
    let limits = Limits {
        sina_rows: 5,
        tencent_rows: 4,
        sina_batch: 2,
        tencent_batch: 1,
        tencent_extends_start: true,
        ..Limits::default()
    };
    let simulator = builder().limits(limits).start().await.unwrap();
    let bars =
        "/cn/api/json_v2.php/CN_MarketDataService.getKLineData?symbol=sh600519&scale=240&ma=no&datalen=";
    let count = |text: String, what: &str| text.matches(what).count();
    assert_eq!(count(get(&simulator, "quotes.sina.cn", &format!("{bars}1970")).await.text(), "\"day\""), 5);
    assert_eq!(count(get(&simulator, "quotes.sina.cn", &format!("{bars}3")).await.text(), "\"day\""), 3);
    let bars = "/ifzqgtimg/appstock/app/fqkline/get?param=sh688981,day,2024-06-27,2024-06-28,640,bfq";
    let text = get(&simulator, "proxy.finance.qq.com", bars).await.text();
    let rows = text.split("\"qt\"").next().unwrap().to_owned();
    assert_eq!(count(rows, "[\"2024-"), 4);
    let lines = get(&simulator, "hq.sinajs.cn", "/list=sh510300,sh999999,sz159915").await.body;
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 2);
    let lines = get(&simulator, "qt.gtimg.cn", "/q=sh510300,sz159915").await.body;
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[tokio::test]
async fn strangers_are_told_what_would_be_right() {
    let simulator = builder().start().await.unwrap();
    let host = get(&simulator, "127.0.0.1", BARS).await;
    assert_eq!(host.status(), "421");
    assert!(host.text().contains("eastmoney: *.eastmoney.com") && host.text().contains("*.gtimg.cn"));
    assert_eq!(simulator.requests()[0].vendor, None);
    assert_eq!(get(&simulator, HOST, "/nothing").await.status(), "404");
    let sina = get(&simulator, "quotes.sina.cn", "/cn/api/json_v2.php/No.service").await;
    assert_eq!((sina.status(), sina.text().as_str()), ("200", "Service not found"));
    let mut stream = TcpStream::connect(("127.0.0.1", simulator.port())).await.unwrap();
    stream.write_all(b"\x16\x03\x01 this is TLS\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_client_keeps_its_connection_and_sees_transport_errors() {
    // Another test of this process may have installed it already.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let simulator = builder().start().await.unwrap();
    let client = reqwest::Client::builder().build().unwrap();
    let ask = || client.get(format!("{}{BARS}", simulator.origin())).header("Host", HOST).send();
    for _ in 0..3 {
        let answer = ask().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert!(answer.text().await.unwrap().contains("\"klines\":["));
    }
    simulator.faults().add("*=truncated".parse().unwrap());
    assert!(ask().await.unwrap().bytes().await.is_err(), "the body ends too early");
    simulator.faults().clear();
    simulator.faults().add("*=reset".parse().unwrap());
    assert!(ask().await.is_err());
}
