use super::*;
use crate::rules::Rules;
use crate::shape::{Series, Shape, Snapshot};
use jiff::civil::date;

const RULES: Rules = Rules::new("bars");

fn series(symbol: &str, start: Option<Date>, adjust: Adjust, period: Period) -> Selection {
    let mut series = Series::new(symbol.parse().unwrap(), &RULES).unwrap();
    series.range = DateRange::new(start, None).unwrap();
    (series.adjust, series.period) = (adjust, period);
    series.erase()
}

#[test]
fn a_refusal_names_what_is_not_covered() {
    const CAPABILITY: Capability = Capability::of_boards(Boards::of(&[Board::Main, Board::Beijing]))
        .adjusts(Adjust::Qfq, Boards::of(&[Board::Main]))
        .periods(&[Period::Day, Period::Week, Period::Minutes(5)])
        .last_bars(100)
        .days_back(10);
    let today = date(2024, 6, 28);
    let near = Some(date(2024, 6, 3));
    let day = Period::Day;
    let ok = series("000001.SZ", near, Adjust::Qfq, day);
    assert_eq!(CAPABILITY.answers(&ok, today), Ok(()));
    let far = Some(date(2024, 1, 1));
    assert_eq!(CAPABILITY.answers(&series("000001.SZ", far, Adjust::None, Period::Week), today), Ok(()));
    for (selection, why) in [
        (series("688981.SH", near, Adjust::None, day), "STAR"),
        (series("920982.BJ", near, Adjust::Qfq, day), "has no qfq prices of 920982.BJ, a Beijing share"),
        (series("000001.SZ", near, Adjust::Hfq, day), "hfq"),
        (series("000001.SZ", None, Adjust::None, day), "100 bars"),
        (series("000001.SZ", far, Adjust::None, day), "100 bars"),
        (series("000001.SZ", near, Adjust::None, Period::Month), "month"),
        (series("000001.SZ", near, Adjust::None, Period::Minutes(5)), "100 bars"),
    ] {
        let refusal = CAPABILITY.answers(&selection, today).unwrap_err().to_string();
        assert!(refusal.contains(why), "{refusal}");
    }
    const MINUTES: Capability = Capability::any().days_back(5).most_symbols(1);
    let minutes = |start| series("000001.SZ", start, Adjust::None, Period::Minutes(5));
    assert_eq!(MINUTES.answers(&minutes(Some(date(2024, 6, 24))), today), Ok(()));
    assert!(matches!(MINUTES.answers(&minutes(near), today), Err(Refusal::Days { .. })));
    assert!(matches!(MINUTES.answers(&minutes(None), today), Err(Refusal::Days { .. })));
    let two = ["000001.SZ", "600519.SH"].map(|text| text.parse().unwrap());
    let two = Snapshot::new(two, &RULES).unwrap().erase();
    assert_eq!(MINUTES.answers(&two, today), Err(Refusal::Symbols { asked: 2, most: 1 }));
}
