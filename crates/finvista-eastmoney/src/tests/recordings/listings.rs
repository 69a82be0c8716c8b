use super::*;

#[test]
fn a_page_of_shanghai() {
    let Some(text) = recording("clist_sh_a_page1_20rows_fltt2_jsonp.txt") else { return };
    let query = query::<CnStockList>("market=sh");
    // 20 of 2384 rows: the vendor was asked for pages of 20, and 100 is what this endpoint counts on.
    assert_eq!(refused(decode(&query, &text)).0, ErrorKind::Invalid);
    let batch = decode(&query, text.replace("\"total\":2384", "\"total\":20")).unwrap();
    assert_eq!((batch.num_rows(), check(&query, &batch)), (20, 0));
    let found = rows::<CnStockList>(&batch);
    let row = found.iter().find(|row| row.symbol == "600107.SH").unwrap();
    assert_eq!((row.name, row.board, row.price), ("美尔雅", "main", Some(3.69)));
    assert_eq!((row.change, row.change_pct), (Some(0.34), Some(10.15)));
    assert_eq!((row.volume, row.amount), (Some(8_958_500), Some(32_711_449.0)));
    assert_eq!((row.turnover, row.market_cap), (Some(2.49), Some(1_328_400_000.0)));
    assert_eq!(row.float_cap, Some(1_328_400_000.0));
    // Amount by turnover and price is the float, as long as turnover is a percentage of it.
    for row in found {
        let float = row.float_cap.unwrap() / row.price.unwrap();
        let turnover = row.volume.unwrap() as f64 / float * 100.0;
        assert!((turnover - row.turnover.unwrap()).abs() < 0.011, "{row:?}: {turnover}");
    }
}

#[test]
fn rows_of_shenzhen() {
    for name in ["clist_row_normal_000002_fragment.txt", "clist_row_suspended_000003_fragment.txt"] {
        let Some(row) = recording(name) else { return };
        let text = format!(r#"{{"rc":0,"rt":6,"data":{{"total":1,"diff":[{}]}}}}"#, row.trim());
        let [asked, star] = ["sz", "star"].map(|scope| query::<CnStockList>(&format!("market={scope}")));
        let batch = decode(&asked, &text).unwrap();
        assert_eq!(check(&asked, &batch), 0);
        let row = rows::<CnStockList>(&batch)[0];
        match row.symbol {
            "000002.SZ" => {
                assert_eq!((row.name, row.price, row.turnover), ("万  科Ａ", Some(3.32), Some(4.54)));
                assert_eq!((row.volume, row.float_cap), (Some(440_825_300), Some(32_254_175_671.0)));
            }
            _ => {
                assert_eq!((row.name, row.price, row.turnover), ("PT金田A", None, None));
                assert_eq!((row.volume, row.market_cap), (None, None));
            }
        }
        assert_eq!(refused(decode(&star, &text)).0, ErrorKind::Invalid);
    }
}

#[test]
fn lists_that_are_none() {
    let query = query::<CnStockList>("market=all");
    for (name, kind) in [
        // Without the market, so whose rows they are is not certain; pretty-printed and cut by its author.
        ("clist_legacy_rows_2019_fragment.txt", ErrorKind::Decode),
        // Boards, not listings.
        ("clist_industry_moneyflow_fragment.txt", ErrorKind::Decode),
        ("ulist_error_rc102_data_null.json", ErrorKind::Upstream),
        ("error_502_html_fragment.txt", ErrorKind::Blocked),
    ] {
        let Some(text) = recording(name) else { return };
        assert_eq!(refused(decode(&query, &text)).0, kind, "{name}");
    }
}
