//! The columns, as programs see them.

use finvista_core::dataset::{ColumnType, Dataset};
use finvista_core::{Adjust, Query};

use super::{CnStockDaily, series};

#[test]
fn groups_expand_to_their_columns_with_units() {
    let columns: Vec<_> =
        CnStockDaily::SPEC.columns.iter().map(|c| (c.name, c.ty, c.nullable, c.unit)).collect();
    let price = "currency of the instrument";
    assert_eq!(
        columns,
        [
            ("symbol", ColumnType::Label, false, ""),
            ("date", ColumnType::Date, false, ""),
            ("open", ColumnType::Float, false, price),
            ("high", ColumnType::Float, false, price),
            ("low", ColumnType::Float, false, price),
            ("close", ColumnType::Float, false, price),
            ("volume", ColumnType::Int, false, "shares"),
            ("amount", ColumnType::Float, true, "CNY"),
            ("change", ColumnType::Float, true, price),
            ("change_pct", ColumnType::Float, true, "%"),
            ("amplitude", ColumnType::Float, true, "%"),
            ("turnover", ColumnType::Float, true, "%"),
        ]
    );
    let metadata = CnStockDaily::schema().field_with_name("volume").unwrap().metadata().clone();
    assert_eq!(metadata["unit"], "shares");
    assert!(metadata["description"].starts_with("Shares traded. Never adjusted."));
    let query = Query::of::<CnStockDaily>(series(None, Adjust::None));
    assert_eq!(query.dataset().as_str(), CnStockDaily::schema().metadata()["dataset"]);
}
