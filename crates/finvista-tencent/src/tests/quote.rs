//! Requests and made-up answers of quotes.

use finvista_core::{Body, ErrorKind, Next, Query, Reply, Request, SourceError};

use super::{answer, check, cx, endpoint, first, quotes, rows};

/// The fields of a line of 2024, of a share at 25.63.
fn fields(code: &str) -> Vec<String> {
    let mut fields = vec![String::new(); 88];
    for (index, text) in [
        (0, "51"),
        (1, "东方财富"),
        (2, code),
        (3, "25.63"),
        (4, "27.41"),
        (5, "27.34"),
        (6, "1000"),
        (9, "25.63"),
        (10, "7"),
        (17, "25.59"),
        (18, "4"),
        (19, "25.64"),
        (20, "2"),
        (27, "25.68"),
        (28, "6"),
        (30, "20241115161439"),
        (31, "-1.78"),
        (32, "-6.49"),
        (33, "27.55"),
        (34, "25.59"),
        (35, "25.63/1000/2650123"),
        (37, "265"),
        (57, "265.0123"),
    ] {
        fields[index] = text.to_owned();
    }
    fields
}

fn line(code: &str, fields: &[String]) -> String {
    format!("v_{code}=\"{}\";\n", fields.join("~"))
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

/// Answers for sz300059 alone, with one field changed.
fn with(index: usize, text: &str) -> Result<finvista_core::RecordBatch, SourceError> {
    let mut fields = fields("300059");
    fields[index] = text.to_owned();
    answer(&quotes(["300059.SZ"]), &[&gbk(&line("sz300059", &fields))])
}

fn kind(query: &Query, body: &[u8]) -> ErrorKind {
    answer(query, &[body]).unwrap_err().kind()
}

#[test]
fn the_request_names_the_codes() {
    let request = first(&quotes(["600519.SH", "000001.SZ", "920982.BJ"]));
    assert_eq!(request, Request::get("https://qt.gtimg.cn/q=sh600519,sz000001,bj920982"));
}

#[test]
fn more_than_800_codes_go_in_batches() {
    let codes: Vec<String> = (0..1601).map(|n| format!("{:06}.SZ", 300_000 + n)).collect();
    let query = quotes(codes.iter().map(String::as_str));
    let body = |range: std::ops::Range<usize>| {
        let line = |n: usize| line(&format!("sz{}", 300_000 + n), &fields(&(300_000 + n).to_string()));
        gbk(&range.map(line).collect::<String>())
    };
    let (request, mut run) = endpoint(&query).start(&cx(), &query).unwrap();
    assert_eq!(request.url.split(',').count(), 800);
    let Next::Pages(pages) = run.feed(&Reply::new(&body(0..800))).unwrap() else { panic!("one page") };
    let sizes: Vec<_> = pages.iter().map(|page| page.url.split(',').count()).collect();
    assert_eq!(sizes, [800, 1]);
    assert_eq!(pages[1].url, "https://qt.gtimg.cn/q=sz301600");
    for range in [800..1600, 1600..1601] {
        assert_eq!(run.feed(&Reply::new(&body(range))).unwrap(), Next::Done);
    }
    let batch = run.finish().unwrap();
    assert_eq!((batch.num_rows(), check(&query, &batch).unwrap().len()), (1601, 0));
    // The codes of another batch are not an answer to this one.
    let (_, mut run) = endpoint(&query).start(&cx(), &query).unwrap();
    assert_eq!(run.feed(&Reply::new(&body(800..1600))).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_line_is_read_by_its_places() {
    let batch = with(0, "51").unwrap();
    let [row] = rows(&batch).try_into().unwrap();
    assert_eq!((row.symbol, row.name), ("300059.SZ", "东方财富"));
    assert_eq!(row.time.unwrap().to_string(), "2024-11-15T08:14:39Z");
    assert_eq!((row.price, row.pre_close, row.open), (Some(25.63), Some(27.41), Some(27.34)));
    assert_eq!((row.high, row.low), (Some(27.55), Some(25.59)));
    assert_eq!((row.volume, row.amount), (Some(100_000), Some(2_650_123.0)));
    assert_eq!((row.change, row.change_pct), (Some(-1.78), Some(-6.49)));
    assert_eq!(
        (row.bid1, row.bid_volume1, row.bid5, row.bid_volume5),
        (Some(25.63), Some(700), Some(25.59), Some(400))
    );
    assert_eq!(
        (row.ask1, row.ask_volume1, row.ask5, row.ask_volume5),
        (Some(25.64), Some(200), Some(25.68), Some(600))
    );
    assert_eq!((row.bid2, row.bid_volume2), (None, None));
}

#[test]
fn a_star_share_trades_in_shares_and_waits_in_lots() {
    let mut fields = fields("688981");
    fields[6] = "100012".to_owned();
    let batch = answer(&quotes(["688981.SH"]), &[&gbk(&line("sh688981", &fields))]).unwrap();
    let [row] = rows(&batch).try_into().unwrap();
    assert_eq!((row.volume, row.bid_volume1), (Some(100_012), Some(700)));
}

#[test]
fn the_exact_amount_comes_first() {
    let amount = |index, text: &str| rows(&with(index, text).unwrap())[0].amount;
    assert_eq!(amount(35, "25.63/1000/2650999"), Some(2_650_999.0));
    assert_eq!(amount(35, ""), Some(2_650_123.0));
    let mut fields = fields("300059");
    fields[35] = "25.63/1000".to_owned();
    fields[57] = String::new();
    fields[6] = "1004".to_owned();
    fields[37] = "265.30".to_owned();
    let batch = answer(&quotes(["300059.SZ"]), &[&gbk(&line("sz300059", &fields))]).unwrap();
    assert_eq!(rows(&batch)[0].amount, Some(2_653_000.0));
}

#[test]
fn without_an_open_there_was_no_trade() {
    let mut fields = fields("300059");
    for index in [5, 33, 34] {
        fields[index] = "0.00".to_owned();
    }
    (fields[6], fields[35]) = ("0".to_owned(), "25.63/0/0".to_owned());
    let batch = answer(&quotes(["300059.SZ"]), &[&gbk(&line("sz300059", &fields))]).unwrap();
    let [row] = rows(&batch).try_into().unwrap();
    assert_eq!((row.price, row.open, row.high, row.low), (None, None, None, None));
    assert_eq!((row.change, row.change_pct, row.pre_close), (None, None, Some(27.41)));
    assert_eq!((row.volume, row.amount, row.bid1), (Some(0), Some(0.0), Some(25.63)));
}

#[test]
fn empty_fields_are_null_and_the_change_is_derived() {
    let row = |index| {
        let batch = with(index, "").unwrap();
        let [row] = rows(&batch).try_into().unwrap();
        (row.time.is_none(), row.change, row.change_pct, row.volume)
    };
    assert_eq!(row(30), (true, Some(-1.78), Some(-6.49), Some(100_000)));
    assert_eq!(row(31), (false, Some(-1.78), Some(-6.49), Some(100_000)));
    assert_eq!(row(6), (false, Some(-1.78), Some(-6.49), None));
}

#[test]
fn the_charset_of_the_answer_decides() {
    let utf8 = line("sz300059", &fields("300059"));
    let query = quotes(["300059.SZ"]);
    let decode = |body: &[u8], charset| {
        finvista_core::answer_from(endpoint(&query), &cx(), &query, |_| {
            Some(Body { charset: Some(str::to_owned(charset)), ..Body::new(body.to_vec()) })
        })
        .map(|batch| rows(&batch)[0].name.to_owned())
    };
    assert_eq!(decode(utf8.as_bytes(), "utf-8").unwrap(), "东方财富");
    assert_eq!(decode(&gbk(&utf8), "GBK").unwrap(), "东方财富");
    assert_eq!(decode(&gbk(&utf8), "utf-8").unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn a_tilde_inside_a_character_separates_nothing() {
    // 杶 is D6 7E in GBK, and 7E is the tilde.
    let batch = with(1, "杶科技").unwrap();
    assert!(gbk("杶").ends_with(b"~"));
    assert_eq!(rows(&batch)[0].name, "杶科技");
}

#[test]
fn unknown_codes_have_a_line_of_their_own() {
    let a = line("sz300059", &fields("300059"));
    let none = "v_pv_none_match=\"1\";\n";
    let query = quotes(["605999.SH", "300059.SZ", "605998.SH"]);
    let batch = answer(&query, &[&gbk(&format!("{none}{a}{none}"))]).unwrap();
    let missing: Vec<String> = check(&query, &batch).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!((batch.num_rows(), missing), (1, vec!["605999.SH".to_owned(), "605998.SH".to_owned()]));
    // An answer that reaches the last symbol is whole, whatever it says of the others.
    assert_eq!(
        answer(&quotes(["605999.SH", "605998.SH", "300059.SZ"]), &[&gbk(&format!("{none}{a}"))])
            .unwrap()
            .num_rows(),
        1
    );
    let error = answer(&quotes(["605999.SH", "605998.SH"]), &[none.as_bytes()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("605999.SH, 605998.SH"), "{error}");
}

#[test]
fn what_was_not_asked_is_invalid() {
    let query = quotes(["300059.SZ", "002008.SZ"]);
    let [a, b] = ["300059", "002008"].map(|code| line(&format!("sz{code}"), &fields(code)));
    let other = line("sh600519", &fields("600519"));
    let wrong_code = line("sz002008", &fields("600519"));
    let index = line("s_sz002008", &fields("002008"));
    for body in
        [format!("{a}{b}{other}"), format!("{a}{a}{b}"), format!("{a}{wrong_code}"), format!("{a}{index}")]
    {
        assert_eq!(kind(&query, &gbk(&body)), ErrorKind::Invalid, "{body}");
    }
}

#[test]
fn what_is_no_answer_is_blocked_or_decode() {
    let query = quotes(["300059.SZ"]);
    assert_eq!(kind(&query, b"<html>502 Bad Gateway</html>"), ErrorKind::Blocked);
    let short = line("sz300059", &fields("300059")[..37]);
    let error = answer(&query, &[&gbk(&short)]).unwrap_err();
    assert!(
        error.kind() == ErrorKind::Decode
            && error.message().contains("38 fields of 300059.SZ at least, got 37"),
        "{error}"
    );
    for body in [&b""[..], b"null", b"\xff\xff\xff", b"var hq_str_sz300059=\"\";", b"v_sz300059=\"1~2\""] {
        assert_eq!(kind(&query, body), ErrorKind::Decode, "{}", String::from_utf8_lossy(body));
    }
    for (index, text, name) in [
        (3, "x", "price"),
        (6, "1e300", "volume"),
        (12, "many", "order book volume"),
        (30, "20241315161439", "time"),
        (35, "25.63/1000/x", "amount"),
    ] {
        let error = with(index, text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains("300059.SZ") && error.message().contains(name), "{error}");
    }
    let merged = gbk(&line("sz300059", &fields("300059"))).repeat(2);
    let cut: Vec<u8> = merged[..100].iter().chain(&merged[merged.len() / 2..]).copied().collect();
    assert_eq!(kind(&query, &cut), ErrorKind::Decode);
}

#[test]
fn a_cut_body_is_never_a_shorter_table() {
    let [a, b] = ["300059", "002008"].map(|code| line(&format!("sz{code}"), &fields(code)));
    let none = "v_pv_none_match=\"1\";\n";
    for (symbols, body) in [
        (["300059.SZ", "605999.SH", "002008.SZ"], format!("{a}{none}{b}")),
        (["605999.SH", "300059.SZ", "002008.SZ"], format!("{none}{a}{b}")),
        (["300059.SZ", "002008.SZ", "605999.SH"], format!("{a}{b}{none}")),
    ] {
        let (query, whole) = (quotes(symbols), gbk(&body));
        assert_eq!(answer(&query, &[&whole]).unwrap().num_rows(), 2);
        // Without its last line break it is still whole.
        for end in 0..whole.len() - 1 {
            let kind = kind(&query, &whole[..end]);
            assert!(matches!(kind, ErrorKind::Decode | ErrorKind::NotFound), "cut at {end}: {kind}");
        }
    }
}
