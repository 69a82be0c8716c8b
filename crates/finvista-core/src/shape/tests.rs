use super::*;
use crate::adjust::Adjust;
use crate::board::{Board, Boards};
use crate::dataset::DatasetSpec;
use crate::period::Period;
use crate::rules::{ParamSpec, Scope};
use crate::universe::{CN_STOCKS, HK_STOCKS};
use jiff::civil::date;

const ALL: Scope = Scope { name: "all", title: "all shares", boards: Boards::of(&[Board::Main]) };
const STAR: Scope = Scope { name: "star", title: "the STAR market", boards: Boards::of(&[Board::Star]) };
const PARAMS: &[ParamSpec] =
    &[ParamSpec::required("region", "the region"), ParamSpec::optional("unit", "the unit")];

/// A data set of this shape that allows everything.
const fn rich(shape: ShapeKind) -> DatasetSpec {
    DatasetSpec::new("rich", "Rich", shape, &[])
        .universe(&CN_STOCKS)
        .periods(&[Period::Day, Period::Week, Period::Minutes(5)])
        .adjusts()
        .scopes(&[ALL, STAR])
        .dated()
        .params(PARAMS)
}

/// A data set of this shape that allows as little as possible.
const fn poor(shape: ShapeKind) -> DatasetSpec {
    DatasetSpec::new("poor", "Poor", shape, &[]).universe(&HK_STOCKS)
}

fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_shape_round_trips_through_its_parameters() {
    for (shape, given, written, words) in [
        (
            ShapeKind::Series,
            &[
                ("symbol", "sz000001"),
                ("start", "20240102"),
                ("end", "2024/6/28"),
                ("period", "5"),
                ("adjust", "QFQ"),
            ][..],
            &[
                ("symbol", "000001.SZ"),
                ("start", "2024-01-02"),
                ("end", "2024-06-28"),
                ("period", "5m"),
                ("adjust", "qfq"),
            ][..],
            "000001.SZ, 2024-01-02 to 2024-06-28, 5m, qfq",
        ),
        (
            ShapeKind::Series,
            &[("symbol", "000001")],
            &[("symbol", "000001.SZ"), ("period", "day")],
            "000001.SZ, all days",
        ),
        (
            ShapeKind::Snapshot,
            &[("symbols", "600519, 000001,600519 sh688981 920982")],
            &[("symbols", "600519.SH,000001.SZ,688981.SH,920982.BJ")],
            "600519.SH, 000001.SZ, 688981.SH and 1 more",
        ),
        (
            ShapeKind::Listing,
            &[("market", "Star"), ("day", "20240628")],
            &[("market", "star"), ("day", "2024-06-28")],
            "the STAR market, 2024-06-28",
        ),
        (ShapeKind::Listing, &[], &[("market", "all")], "all shares"),
        (
            ShapeKind::Reports,
            &[("symbol", "600519"), ("end", "2024-06-28")],
            &[("symbol", "600519.SH"), ("end", "2024-06-28")],
            "600519.SH, until 2024-06-28",
        ),
        (ShapeKind::Events, &[("start", "2024-06-28")], &[("start", "2024-06-28")], "from 2024-06-28"),
        (ShapeKind::Events, &[("symbol", "600519")], &[("symbol", "600519.SH")], "600519.SH, all days"),
        (
            ShapeKind::Keyword,
            &[("text", " payh "), ("limit", " 3 ")],
            &[("text", "payh"), ("limit", "3")],
            "\"payh\"",
        ),
        (ShapeKind::Keyword, &[("text", "平安"), ("limit", "10")], &[("text", "平安")], "\"平安\""),
        (
            ShapeKind::Free,
            &[("region", "cn"), ("unit", "")],
            &[("region", "cn"), ("unit", "")],
            "region=cn, unit=",
        ),
    ] {
        let spec = rich(shape);
        let query = spec.parse(&params(given)).unwrap();
        assert_eq!(query.to_params(), params(written));
        assert_eq!(spec.parse(&query.to_params()).as_ref(), Ok(&query));
        assert_eq!(spec.query(query.selection()).as_ref(), Ok(&query));
        assert_eq!(query.selection().kind(), shape);
        assert_eq!(query.to_string(), words);
    }
}

#[test]
fn wrong_parameters_are_named() {
    let (series, snapshot, listing) = (ShapeKind::Series, ShapeKind::Snapshot, ShapeKind::Listing);
    let symbol = "symbol";
    for (spec, given, message, param) in [
        (
            rich(series),
            &[("symbol", "000001"), ("sort", "up")][..],
            "expected a parameter of rich (symbol, start, end, period or adjust), got \"sort\"",
            None,
        ),
        (
            poor(series),
            &[("sort", "up")],
            "expected a parameter of poor (symbol, start or end), got \"sort\"",
            None,
        ),
        (
            rich(series),
            &[],
            "expected symbol for rich (the instrument, such as 600519.SH), got none",
            Some(symbol),
        ),
        (
            rich(series),
            &[("symbol", "ping an")],
            "expected a symbol such as 000001, sz000001, 000001.SZ, 600519.SH or 920982.BJ, got \"ping an\"",
            Some(symbol),
        ),
        (
            rich(series),
            &[("symbol", "112001")],
            "expected a code with its exchange, such as 112001.SH or 112001.SZ, got \"112001\"",
            Some(symbol),
        ),
        (
            rich(series),
            &[("symbol", "000001"), ("end", "2024-02-30")],
            "expected a date such as 2024-01-31 or 20240131, got \"2024-02-30\"",
            Some("end"),
        ),
        (
            rich(series),
            &[("symbol", "000001"), ("start", "2024-06-29"), ("end", "2024-06-28")],
            "expected a start on or before the end 2024-06-28, got 2024-06-29",
            Some("start"),
        ),
        (
            rich(series),
            &[("symbol", "000001"), ("period", "fortnight")],
            "expected a period such as day, week, month or 5m, got \"fortnight\"",
            Some("period"),
        ),
        (
            rich(series),
            &[("symbol", "000001"), ("period", "month")],
            "expected a period of rich (day, week or 5m), got month",
            Some("period"),
        ),
        (
            poor(series),
            &[("symbol", "700"), ("period", "week")],
            "expected a period of poor (day), got week",
            Some("period"),
        ),
        (
            rich(series),
            &[("symbol", "000001"), ("adjust", "all")],
            "expected an adjustment (none, qfq or hfq), got \"all\"",
            Some("adjust"),
        ),
        (
            poor(series),
            &[("symbol", "700"), ("adjust", "hfq")],
            "expected no adjustment for poor, got hfq",
            Some("adjust"),
        ),
        (
            rich(snapshot),
            &[],
            "expected symbols for rich (the instruments, separated by commas, such as 600519.SH), got none",
            Some("symbols"),
        ),
        (
            poor(snapshot),
            &[("symbols", " , ")],
            "expected at least one symbol for poor, such as 00700.HK, got none",
            Some("symbols"),
        ),
        (
            poor(snapshot),
            &[("symbols", "700,AAPL.US")],
            "expected one of the Hong Kong listings, such as 00700.HK, got AAPL.US, a US listing",
            Some("symbols"),
        ),
        (
            rich(listing),
            &[("market", "kcb")],
            "expected a market of rich (all or star), got \"kcb\"",
            Some("market"),
        ),
        (
            rich(listing),
            &[("day", "x")],
            "expected a date such as 2024-01-31 or 20240131, got \"x\"",
            Some("day"),
        ),
        (poor(listing), &[("market", "all")], "expected a parameter of poor (none), got \"market\"", None),
        (
            rich(ShapeKind::Reports),
            &[("start", "2024-06-28")],
            "expected symbol for rich (the instrument, such as 600519.SH), got none",
            Some(symbol),
        ),
        (
            rich(ShapeKind::Events),
            &[("symbol", "000300.SH")],
            "expected one of the Chinese stocks, funds and bonds, such as 600519.SH, got 000300.SH, an index",
            Some(symbol),
        ),
        (
            rich(ShapeKind::Keyword),
            &[("limit", "3")],
            "expected text for rich (what to look for: a code, a name, or initials), got none",
            Some("text"),
        ),
        (
            rich(ShapeKind::Keyword),
            &[("text", "x"), ("limit", "-1")],
            "expected a limit of at least 1, got \"-1\"",
            Some("limit"),
        ),
        (
            rich(ShapeKind::Free),
            &[("unit", "x")],
            "expected region for rich (the region), got none",
            Some("region"),
        ),
        (
            rich(ShapeKind::Free),
            &[("region", "cn"), ("year", "2024")],
            "expected a parameter of rich (region or unit), got \"year\"",
            None,
        ),
    ] {
        let error = spec.parse(&params(given)).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.param()), (message, param));
    }
}

#[test]
fn a_period_and_no_adjustment_may_be_spelt_out_everywhere() {
    let query =
        poor(ShapeKind::Series).parse(&params(&[("symbol", "700"), ("period", "day"), ("adjust", "none")]));
    assert_eq!(query.as_ref(), Ok(&poor(ShapeKind::Series).parse(&params(&[("symbol", "700")])).unwrap()));
}

#[test]
fn a_selection_of_another_shape_is_refused() {
    let reports = Reports::new(CN_STOCKS.symbol("600519").unwrap(), &rich(ShapeKind::Reports).rules).unwrap();
    let error = rich(ShapeKind::Series).query(&reports.clone().erase()).unwrap_err();
    assert_eq!(error.to_string(), "expected Series for rich, got Reports");
    assert_eq!(Series::of(&reports.clone().erase()), None);
    assert_eq!(Reports::of(&reports.clone().erase()), Some(&reports));
}

#[test]
fn each_shape_has_its_facets() {
    let symbol = CN_STOCKS.symbol("600519").unwrap();
    let range = DateRange::new(Some(date(2024, 1, 2)), None).unwrap();
    let rules = rich(ShapeKind::Series).rules;
    let mut series = Series::new(symbol, &rules).unwrap();
    (series.range, series.adjust) = (range, Adjust::Hfq);
    let mut listing = Listing::new(&rules);
    listing.day = Some(date(2024, 1, 2));
    let mut events = Events::new(range);
    let facets = |selection: Selection| {
        (
            selection.symbols().len(),
            selection.range(),
            selection.adjust(),
            selection.period(),
            selection.scope(),
        )
    };
    assert_eq!(facets(series.erase()), (1, Some(range), Some(Adjust::Hfq), Some(Period::Day), None));
    assert_eq!(facets(listing.clone().erase()), (0, None, None, None, Some(ALL)));
    assert_eq!(listing.erase().day(), Some(date(2024, 1, 2)));
    assert_eq!(facets(events.clone().erase()), (0, Some(range), None, None, None));
    events.symbol = Some(symbol);
    assert_eq!(facets(events.erase()), (1, Some(range), None, None, None));
    let two = Snapshot::new([symbol, CN_STOCKS.symbol("000001").unwrap(), symbol], &rules).unwrap();
    assert_eq!(facets(two.erase()), (2, None, None, None, None));
    assert_eq!(facets(Keyword::new("x").unwrap().erase()), (0, None, None, None, None));
    assert_eq!(facets(Free::new([("region", "cn")]).erase()), (0, None, None, None, None));
}
