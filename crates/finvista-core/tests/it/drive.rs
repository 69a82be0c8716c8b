//! The loop over the requests of a query.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use finvista_core::dataset::{BarSink, Dataset};
use finvista_core::{
    Body, BuilderOf, Capability, DynEndpoint, Endpoint, EndpointContext, ErrorKind, MOST_REQUESTS, Next,
    PAGES_AT_ONCE, Place, Query, Reply, Request, Series, SourceError, Table, answer_from, drive,
};
use jiff::Timestamp;

use crate::support::{HkDaily, HkList, Listed, bar, bars_query, query, wall};

/// Pages of a list. A body is `TOTAL:SYMBOL,SYMBOL`.
#[derive(Debug)]
struct Pages;

fn page(number: usize) -> Request {
    Request::get(format!("https://vendor.example/list?page={number}"))
}

impl Endpoint for Pages {
    type Dataset = HkList;
    type State = usize;

    fn priority(&self) -> i32 {
        3
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &EndpointContext, _: &finvista_core::Listing) -> Result<Request, SourceError> {
        Ok(page(1).header("referer", "https://vendor.example/").reads(&[404]))
    }

    fn decode(
        &self,
        _: &finvista_core::Listing,
        pages: &mut usize,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        if reply.status == 404 {
            return Err(SourceError::new(ErrorKind::NotFound, "no such list"));
        }
        let text = std::str::from_utf8(reply.body).map_err(|e| SourceError::decode(e.to_string()))?;
        let (total, symbols) = text.split_once(':').ok_or_else(|| SourceError::decode("no total"))?;
        let total: usize = total.parse().map_err(|_| SourceError::decode("no total"))?;
        for symbol in symbols.split(',') {
            let rank = out.len() as i64 + 1;
            out.push(Listed { symbol, rank });
        }
        out.expect(total);
        *pages += 1;
        // A vendor whose last page asks for more would never end.
        if *pages > 1 && !text.ends_with("more") { Ok(Next::Done) } else { Ok(Next::pages(total, 2, page)) }
    }
}

/// Bars of a day per request, until a body is `end`.
#[derive(Debug)]
struct Steps;

impl Endpoint for Steps {
    type Dataset = HkDaily;
    type State = i32;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn requests(&self, _: &EndpointContext, _: &Series) -> usize {
        7
    }

    fn request(&self, cx: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://vendor.example/{}?today={}", series.symbol, cx.today())))
    }

    fn decode(
        &self,
        _: &Series,
        step: &mut i32,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        if reply.body == b"end" {
            return Ok(Next::Done);
        }
        *step += 1;
        let day = jiff::civil::date(2024, 1, 1).checked_add(jiff::Span::new().days(*step)).unwrap();
        out.bar(bar(day, 300.0));
        Ok(Next::Send(Request::get(format!("https://vendor.example/{step}"))))
    }
}

fn cx() -> EndpointContext {
    EndpointContext::new(wall())
}

fn all() -> Query {
    query(HkList::SPEC, &[])
}

/// The body of a page of nine listings, two a page.
fn body(request: &Request) -> Body {
    let number: usize = request.url.rsplit('=').next().unwrap().parse().unwrap();
    let symbols: Vec<String> =
        (2 * number - 1..=2 * number).take_while(|n| *n <= 9).map(|n| format!("{n:0>5}.HK")).collect();
    Body::new(format!("9:{}", symbols.join(",")).into_bytes())
}

#[tokio::test(start_paused = true)]
async fn pages_are_sent_together_and_decoded_in_order() {
    let (places, in_flight, most) = (Mutex::new(Vec::new()), AtomicUsize::new(0), AtomicUsize::new(0));
    let get = |request: Request, place: Place| {
        places.lock().unwrap().push((place.index, place.together, place.known));
        let (in_flight, most) = (&in_flight, &most);
        async move {
            most.fetch_max(in_flight.fetch_add(1, SeqCst) + 1, SeqCst);
            // Later pages answer first.
            tokio::time::sleep(std::time::Duration::from_secs(10 - place.index as u64)).await;
            in_flight.fetch_sub(1, SeqCst);
            Ok(body(&request))
        }
    };
    let batch = drive(&Pages, &cx(), &all(), get).await.unwrap();
    let table: Table<HkList> = Table::new(batch).typed().unwrap();
    assert_eq!(table.rows().map(|row| row.rank).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert_eq!(*places.lock().unwrap(), [(0, 1, 1), (1, 4, 5), (2, 1, 5), (3, 1, 5), (4, 1, 5)]);
    assert_eq!(most.into_inner(), PAGES_AT_ONCE);
}

#[test]
fn stored_bodies_answer_a_query() {
    let batch = answer_from(&Pages, &cx(), &all(), |request| Some(body(request))).unwrap();
    assert_eq!(batch.num_rows(), 9);
    let missing = answer_from(&Pages, &cx(), &all(), |request| {
        Some(request).filter(|request| !request.url.ends_with("=3")).map(body)
    });
    let error = missing.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(error.message(), "no stored answer for https://vendor.example/list?page=3");
    let unknown = answer_from(&Pages, &cx(), &all(), |request| {
        assert_eq!(
            (request.headers.as_slice(), request.reads),
            (&[("referer", "https://vendor.example/")][..], &[404][..])
        );
        Some(Body { status: 404, ..Body::new(Vec::new()) })
    });
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_page_that_comes_short_or_asks_for_more_is_an_error() {
    let short = answer_from(&Pages, &cx(), &all(), |request| {
        let body = body(request);
        Some(if request.url.ends_with("=5") { Body::new(b"9:00009.HK,00010.HK".to_vec()) } else { body })
    });
    assert_eq!(short.unwrap_err().message(), "expected 9 rows, as the vendor announced, got 10");
    let more = answer_from(&Pages, &cx(), &all(), |request| {
        let body = body(request);
        Some(if request.url.ends_with("=2") { Body::new(b"9:more".to_vec()) } else { body })
    });
    let error = more.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Decode, "expected no request after a page, got one")
    );
}

#[test]
fn an_answer_takes_no_more_than_the_most_requests() {
    let sent = AtomicUsize::new(0);
    let endless = answer_from(&Steps, &cx(), &bars_query(&[]), |_| {
        sent.fetch_add(1, SeqCst);
        Some(Body::new(b"more".to_vec()))
    });
    let error = endless.unwrap_err();
    assert_eq!(error.message(), "expected at most 200 requests for one answer, got more");
    assert_eq!((error.kind(), sent.into_inner()), (ErrorKind::Decode, MOST_REQUESTS));
    // As many pages are refused before they are sent.
    let pages = answer_from(&Pages, &cx(), &all(), |request| {
        assert!(request.url.ends_with("=1"));
        Some(Body::new(format!("{}:00001.HK", 2 * MOST_REQUESTS + 1).into_bytes()))
    });
    assert_eq!(pages.unwrap_err().message(), error.message());
    let last = AtomicUsize::new(0);
    let fits = answer_from(&Steps, &cx(), &bars_query(&[]), |_| {
        let end = last.fetch_add(1, SeqCst) + 1 == MOST_REQUESTS;
        Some(Body::new(if end { b"end".to_vec() } else { b"more".to_vec() }))
    });
    assert_eq!(fits.unwrap().num_rows(), MOST_REQUESTS - 1);
}

#[tokio::test]
async fn places_count_requests_that_follow_each_other() {
    let places = Mutex::new(Vec::new());
    let get = |request: Request, place: Place| {
        places.lock().unwrap().push((request.url, place.index, place.together, place.known));
        let bytes = if place.index == 2 { &b"end"[..] } else { b"more" };
        std::future::ready(Ok(Body::new(bytes)))
    };
    let batch = drive(&Steps, &cx(), &bars_query(&[]), get).await.unwrap();
    assert_eq!(batch.num_rows(), 2);
    let url = |path: &str| format!("https://vendor.example/{path}");
    assert_eq!(
        places.into_inner().unwrap(),
        [(url("00700.HK?today=2024-06-28"), 0, 1, 1), (url("1"), 1, 1, 2), (url("2"), 2, 1, 3)]
    );
}

#[tokio::test]
async fn an_error_of_the_transport_ends_the_query() {
    let get = |_: Request, place: Place| {
        let lost = SourceError::new(ErrorKind::Transport, "connection lost");
        std::future::ready(if place.index == 3 { Err(lost) } else { Ok(body(&page(place.index + 1))) })
    };
    let error = drive(&Pages, &cx(), &all(), get).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[test]
fn an_endpoint_without_its_types_answers_its_own_data_set_alone() {
    let endpoint: &dyn DynEndpoint = &Steps;
    assert_eq!(endpoint.requests(&cx(), &bars_query(&[])), 7);
    assert_eq!(endpoint.requests(&cx(), &all()), 0);
    assert_eq!((endpoint.priority(), endpoint.dataset().id), (0, "hk_daily"));
    assert_eq!(format!("{endpoint:?}"), "Endpoint(\"hk_daily\")");
    let other = endpoint.start(&cx(), &all()).err().unwrap();
    assert_eq!(other.kind(), ErrorKind::Unsupported);
    assert_eq!(other.message(), "expected a query of hk_daily, got one of hk_list");
}

#[test]
fn pages_and_batches_are_counted() {
    assert_eq!(Next::pages(0, 2, page), Next::Done);
    assert_eq!(Next::pages(2, 2, page), Next::Done);
    assert_eq!(Next::pages(5, 2, page), Next::Pages(vec![page(2), page(3)]));
    assert_eq!(Next::pages(2, 0, page), Next::Pages(vec![page(2)]));
    let batch = |items: &[u8]| Request::get(format!("{items:?}"));
    assert_eq!(Next::batches(&[1, 2], 2, batch), Next::Done);
    assert_eq!(Next::batches(&[], 2, batch), Next::Done);
    assert_eq!(
        Next::batches(&[1, 2, 3, 4, 5], 2, batch),
        Next::Pages(vec![Request::get("[3, 4]"), Request::get("[5]")])
    );
}

#[test]
fn a_reply_is_text_in_the_character_set_that_it_names() {
    let gbk = [0xc6, 0xbd, 0xb0, 0xb2];
    let reply = Reply::new(&gbk);
    assert_eq!(reply.charset(Some("gbk")).text(encoding_rs::UTF_8).unwrap(), "平安");
    assert_eq!(reply.charset(Some("nonsense")).text(encoding_rs::GBK).unwrap(), "平安");
    let error = reply.text(encoding_rs::UTF_8).unwrap_err();
    assert!(error.message().starts_with("expected UTF-8 text, got "), "{error}");
    let at = Timestamp::UNIX_EPOCH;
    assert_eq!((reply.at(Some(at)).at, reply.status(404).status), (Some(at), 404));
}
