use super::*;

fn list(scope: &str) -> Query {
    query::<CnStockList>(&format!("market={scope}"))
}

fn expected_url(filter: &str, page: usize) -> String {
    format!(
        "https://push2.eastmoney.com/api/qt/clist/get?pn={page}&pz=100&po=0&np=1&fltt=1&invt=2&fid=f12&fs={filter}\
         &fields=f1,f2,f3,f4,f5,f6,f8,f12,f13,f14,f17,f18,f20,f21,f152"
    )
}

fn page(total: usize, rows: &[String]) -> String {
    format!(
        r#"{{"rc":0,"rt":6,"svr":1,"lt":1,"full":1,"dlmkts":"","data":{{"total":{total},"diff":[{}]}}}}"#,
        rows.join(",")
    )
}

fn row(code: &str, market: u8) -> String {
    format!(
        r#"{{"f1":2,"f2":1019,"f3":-29,"f4":-3,"f5":805221,"f6":820465778.05,"f8":41,"f12":"{code}","f13":{market},"f14":"平安银行","f17":1022,"f18":1022,"f20":197748000000,"f21":197744000000,"f152":2}}"#
    )
}

fn halted(code: &str, market: u8) -> String {
    format!(
        r#"{{"f1":2,"f2":"-","f3":"-","f4":"-","f5":"-","f6":"-","f8":0,"f12":"{code}","f13":{market},"f14":"PT金田A","f17":"-","f18":271,"f20":"-","f21":"-","f152":2}}"#
    )
}

#[test]
fn every_scope_has_a_filter() {
    for (scope, filter) in [
        ("all", "m:0+t:6,m:0+t:80,m:1+t:2,m:1+t:23,m:0+t:81+s:2048"),
        ("sh", "m:1+t:2,m:1+t:23"),
        ("sz", "m:0+t:6,m:0+t:80"),
        ("bj", "m:0+t:81+s:2048"),
        ("star", "m:1+t:23"),
        ("chinext", "m:0+t:80"),
        ("etf", "b:MK0021,b:MK0022,b:MK0023,b:MK0024,b:MK0827"),
        ("b", "m:0+t:7,m:1+t:3"),
    ] {
        assert_eq!(url(&list(scope)).unwrap(), expected_url(filter, 1), "{scope}");
    }
    for scope in CnStockList::SPEC.rules.scopes {
        let query = list(scope.name);
        assert!(endpoint(&query).capability().answers(query.selection(), cx().today()).is_ok());
        assert!((1..=70).contains(&endpoint(&query).requests(&cx(), &query)), "{scope}");
    }
}

#[test]
fn columns_go_where_they_belong() {
    let query = list("sz");
    let batch = decode(&query, page(3, &[row("300001", 0), halted("000003", 0), row("000001", 0)])).unwrap();
    assert_eq!(check(&query, &batch), 0);
    let [bank, gone, _] = rows::<CnStockList>(&batch)[..] else { panic!("three rows") };
    assert_eq!((bank.symbol, bank.name, bank.board), ("000001.SZ", "平安银行", "main"));
    assert_eq!((bank.price, bank.change, bank.change_pct), (Some(10.19), Some(-0.03), Some(-0.29)));
    assert_eq!((bank.volume, bank.amount), (Some(80_522_100), Some(820_465_778.05)));
    assert_eq!((bank.turnover, bank.market_cap), (Some(0.41), Some(197_748_000_000.0)));
    assert_eq!(bank.float_cap, Some(197_744_000_000.0));
    assert_eq!((gone.symbol, gone.price, gone.change, gone.volume), ("000003.SZ", None, None, None));
    assert_eq!((gone.amount, gone.turnover, gone.market_cap), (None, None, None));

    // A price of another scale; no value, because its currency is not known.
    let b_share = row("900901", 1).replace(r#""f1":2,"f2":1019"#, r#""f1":3,"f2":419"#);
    let batch = decode(&list("b"), page(1, &[b_share])).unwrap();
    let share = rows::<CnStockList>(&batch)[0];
    assert_eq!((share.board, share.price, share.market_cap), ("b_share", Some(0.419), None));
}

#[test]
fn all_pages_are_read_and_counted() {
    let rows_of =
        |codes: std::ops::Range<usize>| codes.map(|code| row(&format!("{code:06}"), 0)).collect::<Vec<_>>();
    let answer_of = |total: usize, last: String| {
        answer(&list("sz"), move |url| {
            let number = url.split_once("pn=").unwrap().1.split('&').next().unwrap().parse().unwrap();
            assert_eq!(url, expected_url("m:0+t:6,m:0+t:80", number));
            match number {
                1 | 2 => page(total, &rows_of(number * 100..number * 100 + 100)).into_bytes(),
                _ => last.clone().into_bytes(),
            }
        })
    };
    let batch = answer_of(201, page(201, &rows_of(300..301))).unwrap();
    assert_eq!(batch.num_rows(), 201);
    assert_eq!(rows::<CnStockList>(&batch)[200].symbol, "000300.SZ");
    // A page that is missing, short, or there twice.
    for (last, kind) in [
        (null(102), ErrorKind::Invalid),
        (page(202, &rows_of(300..300)), ErrorKind::Invalid),
        (page(202, &rows_of(300..303)), ErrorKind::Invalid),
        ("<html></html>".to_owned(), ErrorKind::Blocked),
    ] {
        assert_eq!(refused(answer_of(202, last)).0, kind);
    }
    let twice = answer_of(201, page(201, &rows_of(100..101))).unwrap();
    let precision = endpoint(&list("sz")).capability().precision;
    assert!(
        CnStockList::SPEC.check(list("sz").selection(), &twice, &precision, jiff::Timestamp::now()).is_err()
    );
}

#[test]
fn refusals_have_their_kinds() {
    let whole = page(2, &[row("000001", 0), halted("000003", 0)]);
    refuses_cut_answers(&list("sz"), &whole);
    for (scope, body, kind) in [
        ("sz", null(0), ErrorKind::Upstream),
        ("sz", null(102), ErrorKind::Upstream),
        ("sz", null(7), ErrorKind::Upstream),
        ("sz", page(0, &[]), ErrorKind::Upstream),
        ("sz", page(5, &[]), ErrorKind::Upstream),
        ("sz", whole.replace("\"total\":2,", ""), ErrorKind::Upstream),
        ("sz", whole.replace("\"total\":2", "\"total\":1"), ErrorKind::Invalid),
        ("star", whole.clone(), ErrorKind::Invalid),
        ("sz", page(1, &[row("399001", 0)]), ErrorKind::Invalid),
        ("sz", page(1, &[row("00700", 116)]), ErrorKind::Invalid),
        ("sz", whole.replace("\"f2\":1019", "\"f2\":\"x\""), ErrorKind::Decode),
        ("sz", whole.replace("\"f8\":41", "\"f8\":\"x\""), ErrorKind::Decode),
        ("sz", whole.replace("\"f20\":197748000000", "\"f20\":\"x\""), ErrorKind::Decode),
        ("sz", whole.replace("\"f13\":0,", ""), ErrorKind::Decode),
    ] {
        assert_eq!(refused(decode(&list(scope), &body)).0, kind, "{scope}: {body}");
    }
    for (body, kind) in NO_ANSWERS {
        assert_eq!(refused(decode(&list("sz"), body)).0, kind, "{}", String::from_utf8_lossy(body));
    }
}
