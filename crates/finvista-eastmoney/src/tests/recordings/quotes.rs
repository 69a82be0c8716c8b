use finvista_core::Symbol;

use super::*;
use crate::Ulist;
use crate::symbol::from_vendor;
use crate::tests::quotes::quotes_of;

/// Reads an answer to a request for other fields: the authors of most asked for fewer than we do.
fn decode(query: &Query, text: &str) -> Result<RecordBatch, SourceError> {
    let stocks = Ulist::<CnStockQuote>::new(2, crate::STOCKS).asked(&[]);
    let indices = Ulist::<CnIndexQuote>::new(2, crate::INDICES).asked(&[]);
    let endpoint: &dyn DynEndpoint =
        if query.dataset().as_str() == "cn_index_quote" { &indices } else { &stocks };
    answer_from(endpoint, &cx(), query, |_| Some(Body::new(text.as_bytes().to_vec())))
}

/// The items of a list, cut out of its text.
fn items(text: &str) -> Vec<&str> {
    text.split("{\"f").skip(1).map(|item| item.split('}').next().unwrap_or_default()).collect()
}

/// Compares quotes with the items cut out of the text, by code and field. `prices` and `percents` are the scales.
fn assert_items(name: &str, batch: &RecordBatch, text: &str, prices: f64, percents: f64) {
    let items = items(text);
    let rows = rows::<CnStockQuote>(batch);
    assert_eq!(rows.len(), items.len(), "{name}");
    for (row, item) in rows.iter().zip(items) {
        // The first field lost its beginning to the split.
        let item = format!("\"f{item}");
        assert_eq!(value(&item, "f12"), row.symbol.get(..6), "{name}");
        assert_eq!(value(&item, "f14"), Some(row.name), "{name}");
        for (field, found, unit) in [
            ("f2", row.price, prices),
            ("f3", row.change_pct, percents),
            ("f4", row.change, prices),
            ("f5", row.volume.map(|volume| volume as f64 / 100.0), 1.0),
            ("f6", row.amount, 1.0),
            ("f15", row.high, prices),
            ("f16", row.low, prices),
            ("f17", row.open, prices),
            ("f18", row.pre_close, prices),
            ("f124", row.time.map(|time| time.as_second() as f64), 1.0),
        ] {
            // Change is derived where it was not asked for.
            if let Some(text) = value(&item, field) {
                let expected = (text != "-").then(|| text.parse::<f64>().unwrap() / unit);
                assert_eq!(found, expected, "{name}, {}, {field}", row.symbol);
            }
        }
    }
}

/// The symbol of an item, where it names one of the mainland's.
fn symbol_of(item: &str) -> Option<Symbol> {
    let item = format!("\"f{item}");
    from_vendor(value(&item, "f13")?, value(&item, "f12")?)
}

fn of_items(text: &str) -> Query {
    let symbols: Vec<String> =
        items(text).into_iter().map(|item| symbol_of(item).unwrap().to_string()).collect();
    quotes_of(&symbols.join(","))
}

#[test]
fn quotes_keyed_by_number() {
    let Some(text) = recording("ulist_sse_objectkeyed_4symbols_fltt1.txt") else { return };
    let query = of_items(&text);
    let batch = decode(&query, &text).unwrap();
    assert_items("4 symbols", &batch, &text, 100.0, 100.0);
    assert_eq!(check(&query, &batch), 0);
    let row = rows::<CnStockQuote>(&batch)[3];
    assert_eq!((row.symbol, row.name), ("300059.SZ", "东方财富"));
    assert_eq!(
        (row.price, row.pre_close, row.change, row.change_pct),
        (Some(15.34), Some(15.66), Some(-0.32), Some(-2.04))
    );
    assert_eq!((row.volume, row.amount), (Some(200_123_200), Some(3_089_386_792.63)));
    assert_eq!((row.open, row.high, row.low, row.time), (None, None, None, None));
}

#[test]
fn quotes_in_decimals() {
    // 20 rows of a list that says it has 2384: cut short, unless it says 20.
    let Some(page) = recording("clist_sh_a_page1_20rows_fltt2_jsonp.txt") else { return };
    let query = of_items(&page);
    let (kind, message) = refused(decode(&query, &page));
    assert_eq!(kind, ErrorKind::Decode);
    assert!(message.contains("expected 2384 quotes, got 20"), "{message}");
    let whole = page.replace("\"total\":2384", "\"total\":20");
    let batch = decode(&query, &whole).unwrap();
    assert_items("20 symbols", &batch, &whole, 1.0, 1.0);
    assert_eq!((batch.num_rows(), check(&query, &batch)), (20, 0));
    let row = rows::<CnStockQuote>(&batch)[0];
    assert_eq!((row.symbol, row.name, row.price), ("600107.SH", "美尔雅", Some(3.69)));
    assert_eq!((row.volume, row.amount), (Some(8_958_500), Some(32_711_449.0)));

    let fragments = recording("ulist_and_trends2_600519_fragments_20260910.txt").unwrap();
    let text = fragments.lines().next().unwrap();
    let query = of_items(text);
    let batch = decode(&query, text).unwrap();
    assert_items("600519", &batch, text, 1.0, 1.0);
    assert_eq!(check(&query, &batch), 0);
    let row = rows::<CnStockQuote>(&batch)[0];
    // 1291 lost its point to the author; its neighbours tell that it is not scaled.
    assert_eq!(
        (row.price, row.open, row.high, row.low),
        (Some(1283.98), Some(1291.0), Some(1294.99), Some(1283.01))
    );
    assert_eq!((row.change, row.change_pct), (Some(-6.9), Some(-0.53)));
}

#[test]
fn quotes_of_fragments() {
    for name in ["clist_row_normal_000002_fragment.txt", "clist_row_suspended_000003_fragment.txt"] {
        let Some(row) = recording(name) else { return };
        let text = format!(r#"{{"rc":0,"rt":11,"data":{{"total":1,"diff":[{}]}}}}"#, row.trim());
        let query = of_items(&text);
        let batch = decode(&query, &text).unwrap();
        assert_items(name, &batch, &text, 1.0, 1.0);
        assert_eq!(check(&query, &batch), 0);
        let row = rows::<CnStockQuote>(&batch)[0];
        match row.symbol {
            "000002.SZ" => {
                assert_eq!((row.name, row.price, row.low), ("万  科Ａ", Some(3.32), Some(3.01)));
                assert_eq!((row.volume, row.amount), (Some(440_825_300), Some(1_419_831_684.34)));
            }
            _ => {
                assert_eq!((row.name, row.price, row.pre_close), ("PT金田A", None, Some(2.71)));
                assert_eq!((row.volume, row.amount, row.change_pct), (None, None, None));
            }
        }
    }
}

#[test]
fn quotes_of_indices() {
    // The request asked for no markets and decimals: here the first are those of its secids, and the second what the other
    // recording of the same indices says.
    let Some(text) = recording("ulist_np_index_quote_fltt1.json") else { return };
    let text = text
        .replacen("{\"f2\"", "{\"f1\":2,\"f13\":1,\"f2\"", 1)
        .replace("{\"f2\"", "{\"f1\":2,\"f13\":0,\"f2\"");
    let asked = query::<CnIndexQuote>("symbols=000001,399001");
    let batch = decode(&asked, &text).unwrap();
    assert_eq!(check(&asked, &batch), 0);
    let [shanghai, shenzhen] = rows::<CnIndexQuote>(&batch)[..] else { panic!("two rows") };
    assert_eq!((shanghai.symbol, shanghai.name, shanghai.price), ("000001.SH", "上证指数", Some(3952.18)));
    assert_eq!((shanghai.volume, shanghai.amount), (Some(51_058_164_500), Some(970_365_152_112.9)));
    assert_eq!((shenzhen.change, shenzhen.change_pct), (Some(-95.81), Some(-0.68)));
    assert_eq!(shenzhen.time.map(|time| time.as_second()), Some(1_787_904_693));
}

#[test]
fn quotes_that_are_none() {
    let query = || quotes_of("600519.SH,000001.SZ,601318.SH");
    for (name, kind, says) in [
        ("ulist_error_rc102_data_null.json", ErrorKind::NotFound, "does not know"),
        // These were asked for without the market, so whose quotes they are is not certain.
        ("ulist_np_crossmarket_fltt1.json", ErrorKind::Decode, "f13"),
        ("ulist_np_moneyflow_fltt2.json", ErrorKind::Decode, "f13"),
        ("ulist_np_index_quote_fltt1.json", ErrorKind::Decode, "f13"),
        ("ulist_np_index_breadth_fltt1.json", ErrorKind::Decode, "f12"),
        // Another endpoint's form.
        ("stock_get_quote_000001_fltt1.json", ErrorKind::Decode, "diff"),
        ("stock_get_600519_fltt2_shares.json", ErrorKind::Decode, "diff"),
        ("stock_get_full_600000_fltt2_annotated.txt", ErrorKind::Decode, ""),
        ("stock_get_600519_fltt1_fragment.txt", ErrorKind::Decode, ""),
        ("error_502_html_fragment.txt", ErrorKind::Blocked, "web page"),
    ] {
        let Some(text) = recording(name) else { return };
        let (found, message) = refused(decode(&query(), &text));
        assert_eq!(found, kind, "{name}");
        assert!(message.contains(says), "{name}: {message}");
    }
}

/// Whatever recording of a list is there: it decodes to the values of its text, or it is an error.
#[test]
fn quotes_of_every_recording() {
    for (name, text) in all("ulist_") {
        let known = items(&text).into_iter().all(|item| symbol_of(item).is_some());
        if !known || items(&text).is_empty() || text.contains("trends") {
            assert!(decode(&quotes_of("605599.SH"), &text).is_err(), "{name}");
            continue;
        }
        let query = of_items(&text);
        let batch = decode(&query, &text).unwrap();
        let scale = if value(&text, "f2").is_some_and(|price| price.contains('.')) { 1.0 } else { 100.0 };
        assert_items(&name, &batch, &text, scale, scale);
        assert_eq!(check(&query, &batch), 0, "{name}");
    }
}
