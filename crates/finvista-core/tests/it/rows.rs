//! Tables of rows: in the order of the key or of the query, with the number that the vendor announced.

use finvista_core::dataset::{Build, Columns, Dataset, Rows};
use finvista_core::{ErrorKind, HK_STOCKS, Listing, Precision, Query, Snapshot, Symbol, Table};

use crate::support::{HkList, HkLots, ListColumns, Listed, Lot, LotColumns, wall};

fn symbols(codes: &[&str]) -> Vec<Symbol> {
    codes.iter().map(|code| HK_STOCKS.symbol(code).unwrap()).collect()
}

fn lots(asked: &[&str], rows: &[Lot<'_>]) -> (Snapshot, Table<HkLots>) {
    let snapshot = Snapshot::new(symbols(asked), &HkLots::SPEC.rules).unwrap();
    let mut builder = Rows::<LotColumns, Snapshot>::new(&snapshot, wall());
    builder.reserve(rows.len());
    rows.iter().for_each(|&row| builder.push(row));
    (snapshot, Table::new(builder.finish().unwrap()).typed().unwrap())
}

fn lot(symbol: &str, value: Option<f64>) -> Lot<'_> {
    Lot { symbol, size: 100, value }
}

#[test]
fn a_listing_is_sorted_by_its_key() {
    let mut builder = Rows::<ListColumns, Listing>::new(&Listing::new(&HkList::SPEC.rules), wall());
    assert!(builder.is_empty());
    for (symbol, rank) in [("00700.HK", 1), ("00001.HK", 2), ("00005.HK", 3)] {
        builder.push(Listed { symbol, rank });
    }
    builder.expect(3);
    assert_eq!(builder.len(), 3);
    let table: Table<HkList> = Table::new(builder.finish().unwrap()).typed().unwrap();
    let rows: Vec<_> = table.rows().map(|row| (row.symbol, row.rank)).collect();
    assert_eq!(rows, [("00001.HK", 2), ("00005.HK", 3), ("00700.HK", 1)]);
}

#[test]
fn an_announced_number_must_be_right() {
    let mut builder = Rows::<ListColumns, Listing>::new(&Listing::new(&HkList::SPEC.rules), wall());
    builder.expect(2);
    builder.push(Listed { symbol: "00700.HK", rank: 1 });
    let error = builder.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "expected 2 rows, as the vendor announced, got 1");
}

#[test]
fn a_snapshot_has_the_order_of_the_query_with_its_nulls() {
    let rows = [lot("00001.HK", None), lot("00005.HK", Some(6_000.0)), lot("00700.HK", Some(37_000.0))];
    let (snapshot, table) = lots(&["700", "2", "1", "5"], &rows);
    assert_eq!(table.rows().collect::<Vec<_>>(), [rows[2], rows[0], rows[1]]);
    let query = Query::of::<HkLots>(snapshot);
    let missing = HkLots::SPEC
        .check(query.selection(), table.batch(), &Precision::default(), jiff::Timestamp::now())
        .unwrap();
    assert_eq!(missing, symbols(&["2"]));
}

#[test]
fn a_snapshot_with_another_symbol_or_a_second_row_fails_its_check() {
    for (rows, message) in [
        (
            vec![lot("00700.HK", None), lot("00001.HK", None)],
            "00001.HK: expected a symbol that was asked for, once",
        ),
        (
            vec![lot("00700.HK", None), lot("00700.HK", None)],
            "00700.HK: expected a symbol that was asked for, once",
        ),
    ] {
        let (snapshot, table) = lots(&["700"], &rows);
        let query = Query::of::<HkLots>(snapshot);
        let error = HkLots::SPEC
            .check(query.selection(), table.batch(), &Precision::default(), jiff::Timestamp::now())
            .unwrap_err();
        assert_eq!(error.message(), message);
    }
}

#[test]
fn columns_take_rows_back() {
    let (_, table) = lots(&["700", "1"], &[lot("00700.HK", None), lot("00001.HK", Some(1.0))]);
    let mut columns = LotColumns::default();
    table.rows().for_each(|row| columns.push(row));
    assert_eq!(columns.finish().unwrap(), *table.batch());
}
