use super::*;

const BANK: &str = r#"{"f1":2,"f2":1019,"f3":-29,"f4":-3,"f5":805221,"f6":820465778.05,"f12":"000001","f13":0,"f14":"平安银行","f15":1025,"f16":1010,"f17":1022,"f18":1022,"f124":1783409697,"f152":2}"#;
const FUND: &str = r#"{"f1":3,"f2":4567,"f3":12,"f4":5,"f5":100,"f6":45600.0,"f12":"510300","f13":1,"f14":"300ETF","f15":4570,"f16":4550,"f17":4562,"f18":4562,"f124":0,"f152":2}"#;
const HALTED: &str = r#"{"f1":2,"f2":"-","f3":"-","f4":"-","f5":"-","f6":"-","f12":"920982","f13":0,"f14":"锦波生物","f15":"-","f16":"-","f17":"-","f18":27100,"f124":1783382400,"f152":2}"#;

pub(super) fn body(total: usize, diff: &str) -> Vec<u8> {
    format!(r#"{{"rc":0,"rt":11,"svr":1,"lt":1,"full":1,"dlmkts":"","dsc":"0","data":{{"total":{total},"diff":{diff}}}}}"#)
        .into_bytes()
}

pub(super) fn quotes_of(symbols: &str) -> Query {
    query::<CnStockQuote>(&format!("symbols={symbols}"))
}

fn three() -> Query {
    quotes_of("920982.BJ,000001.SZ,510300.SH")
}

#[test]
fn a_request_names_the_symbols_of_its_batch() {
    let expected = "https://push2.eastmoney.com/api/qt/ulist.np/get?secids=0.920982,0.000001,1.510300\
         &fields=f1,f2,f3,f4,f5,f6,f12,f13,f14,f15,f16,f17,f18,f124,f152&fltt=1&invt=2&np=1&pn=1&pz=3";
    assert_eq!(url(&three()).unwrap(), expected);
}

#[test]
fn scales_are_the_instruments_own() {
    let batch = decode(&three(), body(3, &format!("[{FUND},{HALTED},{BANK}]"))).unwrap();
    let [halted, bank, fund] = rows::<CnStockQuote>(&batch)[..] else { panic!("three rows") };
    assert_eq!((bank.symbol, bank.name), ("000001.SZ", "平安银行"));
    assert_eq!((bank.price, bank.pre_close, bank.open), (Some(10.19), Some(10.22), Some(10.22)));
    assert_eq!((bank.high, bank.low), (Some(10.25), Some(10.1)));
    assert_eq!((bank.volume, bank.amount), (Some(80_522_100), Some(820_465_778.05)));
    assert_eq!((bank.change, bank.change_pct), (Some(-0.03), Some(-0.29)));
    assert_eq!(bank.time.map(|time| time.as_second()), Some(1_783_409_697));
    assert_eq!((bank.bid1, bank.bid_volume1, bank.ask5, bank.ask_volume5), (None, None, None, None));
    assert_eq!((fund.price, fund.change, fund.change_pct), (Some(4.567), Some(0.005), Some(0.11)));
    assert_eq!((fund.volume, fund.time), (Some(10_000), None));
    assert_eq!((halted.symbol, halted.pre_close), ("920982.BJ", Some(271.0)));
    assert_eq!(
        (halted.price, halted.open, halted.high, halted.low, halted.volume, halted.amount, halted.change),
        (None, None, None, None, None, None, None)
    );
    assert_eq!(check(&three(), &batch), 0);
}

#[test]
fn every_spelling_of_a_list_is_read() {
    let plain = decode(&three(), body(3, &format!("[{BANK},{FUND},{HALTED}]"))).unwrap();
    let keyed = body(3, &format!(r#"{{"1":{FUND},"0":{BANK},"2":{HALTED}}}"#));
    let jsonp = [b"cb(", body(3, &format!("[{BANK},{FUND},{HALTED}]")).as_slice(), b");"].concat();
    let quoted =
        BANK.replace(":0,", r#":"0","#).replace("1019", r#""1019""#).replace("平安", r"\u5e73\u5b89");
    let quoted = body(3, &format!(r#"[{quoted},{FUND},{HALTED}]"#));
    // The form of fltt=2, with one whole number such as a JavaScript cache makes of 1022.0.
    let decimals = r#"{"f1":2,"f2":10.19,"f3":-0.29,"f4":-0.03,"f5":805221,"f6":820465778.05,"f12":"000001","f13":0,"f14":"平安银行","f15":10.25,"f16":10.1,"f17":10.22,"f18":10.22,"f124":1783409697,"f152":2}"#;
    let decimals = body(3, &format!("[{decimals},{FUND},{HALTED}]"));
    // Percentages have two decimals where it is not said.
    let unsaid = body(3, &format!("[{},{FUND},{HALTED}]", BANK.replace(r#","f152":2"#, "")));
    for body in [keyed, jsonp, quoted, decimals, unsaid] {
        assert_eq!(decode(&three(), &body).unwrap(), plain, "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn quotes_of_indices_are_told_from_those_of_shares() {
    let asked = query::<CnIndexQuote>("symbols=000001,899050,H30269,980017");
    let secids = "secids=1.000001,0.899050,2.H30269,0.980017&";
    assert!(url(&asked).unwrap().contains(secids), "{}", url(&asked).unwrap());
    let index = BANK.replace("\"f13\":0", "\"f13\":1");
    let batch = decode(&asked, body(1, &format!("[{index}]"))).unwrap();
    let row = rows::<CnIndexQuote>(&batch)[0];
    assert_eq!((row.symbol, row.price, row.volume), ("000001.SH", Some(10.19), Some(80_522_100)));
    assert_eq!(check(&asked, &batch), 3);
    assert_eq!(refused(decode(&asked, body(1, &format!("[{BANK}]")))).0, ErrorKind::Invalid);
}

#[test]
fn there_is_no_price_before_the_first_trade() {
    let bank = quotes_of("000001.SZ");
    // The call auction: a matched price, and nothing traded yet.
    let auction = BANK.replace("805221", "0").replace("820465778.05", "0.0");
    let unopened = BANK.replace(r#""f17":1022"#, r#""f17":"-""#);
    for item in [auction, unopened] {
        let batch = decode(&bank, body(1, &format!("[{item}]"))).unwrap();
        let quote = rows::<CnStockQuote>(&batch)[0];
        assert_eq!((quote.price, quote.high, quote.change, quote.pre_close), (None, None, None, Some(10.22)));
        assert!(quote.volume.is_some() && quote.amount.is_some());
    }
    // 30 shares are a volume of no lots, and were traded.
    let odd = BANK.replace("805221", "0").replace("820465778.05", "305.7");
    let batch = decode(&bank, body(1, &format!("[{odd}]"))).unwrap();
    assert_eq!(
        (rows::<CnStockQuote>(&batch)[0].price, rows::<CnStockQuote>(&batch)[0].volume),
        (Some(10.19), Some(0))
    );
    assert_eq!(check(&bank, &batch), 0);
}

#[test]
fn broken_items_are_named() {
    let without = |field: &str| {
        let (before, after) = BANK.split_once(&format!("\"{field}\":")).unwrap();
        format!("{before}{}", after.split_once(',').unwrap().1)
    };
    for (item, named) in [
        (without("f1"), "f1 "),
        (without("f2"), "f2 "),
        (without("f12"), "f12 "),
        (without("f13"), "f13 "),
        (without("f14"), "f14 "),
        (without("f3"), "f3 "),
        (without("f4"), "f4 "),
        (without("f5"), "f5 "),
        (without("f6"), "f6 "),
        (without("f15"), "f15 "),
        (without("f16"), "f16 "),
        (without("f17"), "f17 "),
        (without("f18"), "f18 "),
        (without("f124"), "f124 "),
        (BANK.replace("820465778.05", "null"), "f6 "),
        (BANK.replace(r#""f1":2"#, r#""f1":2.5"#), "f1, got 2.5"),
        (BANK.replace("1019", "true"), "in f2"),
        (BANK.replace("805221", "1e300"), "f5"),
        (BANK.replace("1783409697", "1e300"), "f124, got"),
    ] {
        let (kind, message) = refused(decode(&quotes_of("000001.SZ"), body(1, &format!("[{item}]"))));
        assert_eq!(kind, ErrorKind::Decode, "{item}");
        assert!(message.contains(named), "{message}");
    }
    // Where there is nothing to scale, the scale is not missed.
    let halted = HALTED.replace(r#""f1":2,"#, "").replace("27100", "\"-\"");
    assert!(decode(&quotes_of("920982.BJ"), body(1, &format!("[{halted}]"))).is_ok());
}

#[test]
fn refusals_have_their_kinds() {
    let null = |rc: i32| null(rc).into_bytes();
    let bank = quotes_of("000001.SZ");
    for (query, body, kind) in [
        (&bank, null(102), ErrorKind::NotFound),
        (&bank, null(100), ErrorKind::NotFound),
        (&bank, null(0), ErrorKind::NotFound),
        (&bank, null(7), ErrorKind::Upstream),
        (&bank, body(0, "[]"), ErrorKind::NotFound),
        (&bank, body(1, "[]"), ErrorKind::Decode),
        (&three(), body(3, &format!("[{BANK},{FUND}]")), ErrorKind::Decode),
        (&bank, body(2, &format!("[{BANK},{FUND}]")), ErrorKind::Invalid),
        (&bank, body(1, &format!("[{}]", BANK.replace(r#""f13":0"#, r#""f13":1"#))), ErrorKind::Invalid),
        (&bank, body(1, &format!("[{}]", BANK.replace(r#""f13":0"#, r#""f13":116"#))), ErrorKind::Invalid),
        (&bank, body(1, &format!("[{BANK}]")).repeat(2), ErrorKind::Decode),
        (&bank, body(1, "\"-\""), ErrorKind::Decode),
        (&bank, b"{\"rc\":0,\"data\":{\"total\":0}}".to_vec(), ErrorKind::Decode),
    ]
    .into_iter()
    .chain(NO_ANSWERS.map(|(body, kind)| (&bank, body.to_vec(), kind)))
    {
        let (found, message) = refused(decode(query, &body));
        assert_eq!(found, kind, "{message}: {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn many_symbols_go_in_batches() {
    let symbols: Vec<String> = (0..250).map(|n| format!("{:06}.SZ", 1 + n)).collect();
    let query = quotes_of(&symbols.join(","));
    assert_eq!(endpoint(&query).requests(&cx(), &query), 3);
    let item = |symbol: &str| BANK.replace("000001", symbol.get(..6).unwrap());
    let answer_of = |symbols: &[String]| {
        let items: Vec<String> = symbols.iter().map(|symbol| item(symbol)).collect();
        body(symbols.len(), &format!("[{}]", items.join(",")))
    };

    // The second batch knows one symbol, the third none: what is known is the answer.
    let batch = answer(&query, |url| {
        let count = url.matches("0.000").count();
        match (count, url.contains("0.000001,")) {
            (100, true) => answer_of(&symbols[..100]),
            (100, false) => answer_of(&symbols[150..151]),
            _ => null(102).into_bytes(),
        }
    })
    .unwrap();
    assert_eq!((batch.num_rows(), rows::<CnStockQuote>(&batch)[100].symbol), (101, "000151.SZ"));
    assert_eq!(check(&query, &batch), 149);

    // A first batch without a known symbol is not the end.
    let batch = answer(&query, |url| match url.contains("0.000201,") {
        true => answer_of(&symbols[200..]),
        false => null(102).into_bytes(),
    });
    assert_eq!(batch.unwrap().num_rows(), 50);
}

#[test]
fn a_cut_body_is_never_a_shorter_table() {
    let whole = body(3, &format!("[{BANK},{FUND},{HALTED}]"));
    refuses_cut_answers(&three(), std::str::from_utf8(&whole).unwrap());
}

/// A change that contradicts price and previous close says that one of them is wrong, and a previous close of zero means that it is missing.
#[test]
fn changes_follow_from_prices() {
    let bank = quotes_of("000001.SZ");
    let quote = |item: &str| {
        let batch = decode(&bank, body(1, &format!("[{item}]"))).unwrap();
        let precision = endpoint(&bank).capability().precision;
        let checked =
            endpoint(&bank).dataset().check(bank.selection(), &batch, &precision, jiff::Timestamp::now());
        let row = rows::<CnStockQuote>(&batch)[0];
        checked
            .map(|_| (row.pre_close, row.change, row.change_pct))
            .map_err(|error| error.message().to_owned())
    };
    assert_eq!(quote(BANK), Ok((Some(10.22), Some(-0.03), Some(-0.29))));
    assert_eq!(quote(&BANK.replace("-29", "-30")), Ok((Some(10.22), Some(-0.03), Some(-0.29))));
    let wrong = "000001.SZ: expected change_pct -0.29 against the previous close 10.22, got -999.99";
    assert_eq!(quote(&BANK.replace("-29", "-99999")), Err(wrong.to_owned()));
    assert!(quote(&BANK.replace(r#""f4":-3"#, r#""f4":1019"#)).is_err());
    let none = BANK.replace(r#""f18":1022"#, r#""f18":0"#);
    assert_eq!(quote(&none), Ok((None, Some(-0.03), Some(-0.29))));
    let all = none.replace(r#""f4":-3"#, r#""f4":1019"#).replace(r#""f3":-29"#, r#""f3":0"#);
    assert_eq!(quote(&all), Ok((None, None, None)));
}
